"""Bisection finds the rejected rows in few statements and writes every other row exactly once."""

from math import log2

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.load import bisect


class Table:
    """A table that takes a step of rows or none of them; it names the bad row only where `names_row` is set."""

    def __init__(self, bad: set[int], *, names_row: bool) -> None:
        self.bad, self.names_row = bad, names_row
        self.written: list[int] = []
        self.statements = 0

    def try_rows(self, start: int, count: int) -> psycopg.Error | None:
        assert count > 0
        self.statements += 1
        if self.first_bad(start, count) is not None:
            return psycopg.errors.ForeignKeyViolation()
        self.written += range(start, start + count)
        return None

    def locate(self, exc: psycopg.Error, start: int, count: int) -> int | None:
        assert isinstance(exc, psycopg.errors.ForeignKeyViolation)
        row = self.first_bad(start, count)
        return row - start if self.names_row and row is not None else None

    def first_bad(self, start: int, count: int) -> int | None:
        return min((row for row in self.bad if start <= row < start + count), default=None)

    def load(self, total: int, limit: int | None = None) -> list[int]:
        """Write the rows that the table accepts; return the rejected ones."""
        rejected = bisect(total, self.try_rows, self.locate, lambda row, exc: (row, type(exc)), limit)
        assert {error for _, error in rejected} <= {psycopg.errors.ForeignKeyViolation}
        return [row for row, _ in rejected]


def test_no_bad_row_takes_one_statement() -> None:
    table = Table(set(), names_row=False)
    assert (table.load(1000), table.statements, table.written) == ([], 1, list(range(1000)))


def test_no_rows_take_no_statement() -> None:
    table = Table(set(), names_row=False)
    assert (table.load(0), table.statements) == ([], 0)


@pytest.mark.parametrize("total", [1, 2, 3, 5, 16, 100, 1023, 1024])
def test_one_unnamed_bad_row_takes_two_statements_for_each_halving(total: int) -> None:
    for row in range(total):
        table = Table({row}, names_row=False)
        assert table.load(total) == [row]
        assert table.statements <= 2 * log2(total) + 3


@pytest.mark.parametrize(
    ("row", "statements"),
    # The first statement, then one for the rows before the bad one, if there are any, then those for the rows after it,
    # in steps that begin with twice the size.
    [(0, 1 + 7), (1, 2 + 6), (20, 2 + 2), (40, 2 + 1), (98, 2 + 1), (99, 2)],
)
def test_one_named_bad_row_takes_statements_for_the_rows_before_and_after(row: int, statements: int) -> None:
    table = Table({row}, names_row=True)
    assert (table.load(100), table.written) == ([row], [at for at in range(100) if at != row])
    assert table.statements == statements


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))), st.booleans())
def test_every_good_row_is_written_once_and_in_order(case: tuple[int, set[int]], names_row: bool) -> None:
    total, bad = case
    table = Table(bad, names_row=names_row)
    assert table.load(total) == sorted(bad)
    assert table.written == [row for row in range(total) if row not in bad]


@given(st.sets(st.integers(0, 199), min_size=1), st.booleans(), st.integers(0, 200))
def test_limit_ends_the_search_after_so_many_rejected_rows(bad: set[int], names_row: bool, limit: int) -> None:
    table = Table(bad, names_row=names_row)
    rejected = table.load(200, limit)
    assert rejected == sorted(bad)[:limit]
    end = 200 if limit > len(bad) else (rejected[-1] if rejected else 0)
    assert table.written == [row for row in range(end) if row not in bad]


def test_limit_of_one_takes_no_statement_after_the_bad_row() -> None:
    table = Table({10, 20, 30}, names_row=True)
    assert (table.load(1000, 1), table.statements, table.written) == ([10], 2, list(range(10)))
