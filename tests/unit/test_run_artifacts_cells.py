"""Formulas in errors.csv: cells that a spreadsheet would execute are escaped, and no other character changes."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Dialect
from processor.run.artifacts.cells import escape_record
from processor.run.artifacts.errors_csv import cell_formatter
from processor.run.artifacts.escaped_records import enclose_records, escape_records
from processor.run.artifacts.formulas import escape_cell

PLAIN, SEMICOLON = Dialect(), Dialect(delimiter=";")
BACKSLASH, APOSTROPHE, BARE = Dialect(escape="\\"), Dialect(quote="'"), Dialect(quote=None, delimiter="\t")
LONG, ONE_COLUMN = Dialect(delimiter="||"), Dialect(delimiter=None)


@pytest.mark.parametrize(
    ("dialect", "raw", "escaped"),
    [
        (PLAIN, "a,b", "a,b"),
        (PLAIN, "=1+1,b", "'=1+1,b"),
        (PLAIN, '"",=1,"NA"', '"",\'=1,"NA"'),
        (PLAIN, '"=1,2",x', '"\'=1,2",x'),
        (PLAIN, 'a,"say ""=x""",@b', 'a,"say ""=x""",\'@b'),
        (PLAIN, "-5,+55119,-x", "-5,+55119,'-x"),
        (PLAIN, '"two\nlines",=x', '"two\nlines",\'=x'),
        (PLAIN, '"open,=x', '"open,=x'),
        (PLAIN, "", ""),
        (PLAIN, "'=1", "''=1"),
        (SEMICOLON, "a,=b;=c", "a,=b;'=c"),
        (BACKSLASH, '\\N,=1,"a\\",=b"', '\\N,\'=1,"a\\",=b"'),
        (APOSTROPHE, "=1,'=2'", "'''=1','''=2'"),
        (LONG, "=1||a|=b||=c", "'=1||a|=b||'=c"),
        (LONG, '"x||=y"||"=z"', '"x||=y"||"\'=z"'),
        (ONE_COLUMN, "a,=b", "a,=b"),
        (ONE_COLUMN, "=a,b", "'=a,b"),
        (BARE, '=C:\\x\tsay "hi"', '\'=C:\\x\tsay "hi"'),
    ],
)
def test_only_formulas_are_escaped(dialect: Dialect, raw: str, escaped: str) -> None:
    assert escape_record(raw, dialect) == escaped


PIECES = st.sampled_from([*"a15.,;=+-@'\"\t\\ |", "-5", "+1,5", "\n", '""', "||", ",-", ';"+7"', "\t=", "é"])


@settings(deadline=None)
@given(
    st.sampled_from([PLAIN, SEMICOLON, BACKSLASH, APOSTROPHE, BARE, LONG, ONE_COLUMN]),
    st.lists(st.lists(PIECES, max_size=8).map("".join), min_size=1, max_size=6),
)
def test_many_records_are_escaped_as_each_by_itself(dialect: Dialect, raws: list[str]) -> None:
    expected = [escape_record(raw, dialect) for raw in raws]
    assert escape_records(pl.Series(raws, dtype=pl.String), dialect).to_list() == expected


@settings(deadline=None)
@given(
    st.sampled_from([ONE_COLUMN, Dialect(delimiter=None, quote=None), Dialect(delimiter=None, escape="\\")]),
    st.lists(st.lists(PIECES, min_size=1, max_size=8).map("".join), min_size=1, max_size=6),
)
def test_records_of_one_column_are_enclosed_as_each_by_itself(dialect: Dialect, raws: list[str]) -> None:
    format_cells = cell_formatter(replace(dialect, delimiter=","))

    def enclosed(raw: str) -> str:
        is_quoted = dialect.quote is not None and raw.startswith(dialect.quote)
        return escape_record(raw, dialect) if is_quoted else format_cells([escape_cell(raw)])

    found = enclose_records(pl.Series(raws, dtype=pl.String), dialect, format_cells).to_list()
    assert found == [enclosed(raw) for raw in raws]
