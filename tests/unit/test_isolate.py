"""Rows that are refused are found in few attempts, and every other row is written exactly once."""

from math import log2

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.load.bisect import isolate


class Table:
    """A list that takes rows by the step or not at all; it says which row it refuses only where it is told to."""

    def __init__(self, bad: set[int], *, tells: bool) -> None:
        self.bad, self.tells = bad, tells
        self.written: list[int] = []
        self.attempts = 0

    def attempt(self, start: int, count: int) -> psycopg.Error | None:
        assert count > 0
        self.attempts += 1
        if self.first_bad(start, count) is not None:
            return psycopg.errors.ForeignKeyViolation()
        self.written += range(start, start + count)
        return None

    def locate(self, exc: psycopg.Error, start: int, count: int) -> int | None:
        assert isinstance(exc, psycopg.errors.ForeignKeyViolation)
        at = self.first_bad(start, count)
        return at - start if self.tells and at is not None else None

    def first_bad(self, start: int, count: int) -> int | None:
        return min((row for row in self.bad if start <= row < start + count), default=None)

    def load(self, total: int, budget: int | None = None) -> list[int]:
        """Write what can be written; return the refused rows."""
        refused = isolate(total, self.attempt, self.locate, lambda row, exc: (row, type(exc)), budget)
        assert {kind for _, kind in refused} <= {psycopg.errors.ForeignKeyViolation}
        return [row for row, _ in refused]


def test_no_bad_row_costs_one_attempt() -> None:
    table = Table(set(), tells=False)
    assert (table.load(1000), table.attempts, table.written) == ([], 1, list(range(1000)))


def test_no_row_costs_nothing() -> None:
    table = Table(set(), tells=False)
    assert (table.load(0), table.attempts) == ([], 0)


@pytest.mark.parametrize("total", [1, 2, 3, 5, 16, 100, 1023, 1024])
def test_one_bad_row_without_a_place_costs_a_few_attempts_for_each_halving(total: int) -> None:
    for row in range(total):
        table = Table({row}, tells=False)
        assert table.load(total) == [row]
        assert table.attempts <= 2 * log2(total) + 3


@pytest.mark.parametrize(
    ("row", "attempts"),
    # The first try; then what is above, if anything is, and what is below, in steps that begin with twice that.
    [(0, 1 + 7), (1, 2 + 6), (20, 2 + 2), (40, 2 + 1), (98, 2 + 1), (99, 2)],
)
def test_one_bad_row_with_a_place_costs_what_is_above_and_below(row: int, attempts: int) -> None:
    table = Table({row}, tells=True)
    assert (table.load(100), table.written) == ([row], [at for at in range(100) if at != row])
    assert table.attempts == attempts


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))), st.booleans())
def test_every_good_row_is_written_once_and_in_order(case: tuple[int, set[int]], tells: bool) -> None:
    total, bad = case
    table = Table(bad, tells=tells)
    assert table.load(total) == sorted(bad)
    assert table.written == [row for row in range(total) if row not in bad]


@given(st.sets(st.integers(0, 199), min_size=1), st.booleans(), st.integers(0, 200))
def test_budget_ends_the_search_at_so_many_refused_rows(bad: set[int], tells: bool, budget: int) -> None:
    table = Table(bad, tells=tells)
    refused = table.load(200, budget)
    assert refused == sorted(bad)[:budget]
    last = 200 if budget > len(bad) else (refused[-1] if refused else 0)
    assert table.written == [row for row in range(last) if row not in bad]


def test_budget_of_one_costs_nothing_behind_the_bad_row() -> None:
    table = Table({10, 20, 30}, tells=True)
    assert (table.load(1000, 1), table.attempts, table.written) == ([10], 2, list(range(10)))
