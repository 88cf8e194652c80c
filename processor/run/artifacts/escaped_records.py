"""Escape the formulas of many raw records at once; a record whose cells no pattern can tell is read by itself.

Each function here returns what `cells.escape_record` or the csv module would make of the records one by one. These take
some 20 µs for a record with a sign at the beginning of a cell, as telephone numbers and amounts have it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from processor.model import Dialect
from processor.run.artifacts.cells import escape_record
from processor.run.artifacts.formulas import escape_cell

_FORMULA_SIGNS: Final = "=+-@\t\r"
_DIGITS: Final = "0123456789.,"


def escape_records(raws: pl.Series, dialect: Dialect) -> pl.Series:
    """Return raw records in which each cell that a spreadsheet would execute is escaped."""
    delimiter = dialect.delimiter or ""
    marks = "".join(re.escape(mark) for mark in {delimiter[-1:], dialect.quote or ""} if mark)
    before = f"(?:^|[{marks}])" if marks else "^"
    possible = raws.str.contains(f"{before}'*[=+\\-@\t\r]")
    if not possible.any():
        return raws
    if len(delimiter) != 1 or delimiter in _FORMULA_SIGNS.replace("\t", "'") or dialect.quote == "'":
        return _one_by_one(raws, possible, lambda raw: escape_record(raw, dialect))
    patterns = _Patterns.of(delimiter)
    marked = "|".join(re.escape(mark) for mark in (dialect.quote, dialect.escape) if mark)
    bare = possible & ~raws.str.contains(marked) if marked else possible
    escaped = patterns.without_marks_on_numbers(raws.str.replace_all(patterns.formula, "${1}'${2}"))
    raws = raws.zip_with(~bare, escaped)
    doubtful = possible & ~bare
    if doubtful.any():
        doubtful &= patterns.without_numbers(raws, dialect.quote).str.contains(f"{before}'*[=+\\-@\t\r]")
    return _one_by_one(raws, doubtful, lambda raw: escape_record(raw, dialect))


def enclose_records(raws: pl.Series, dialect: Dialect, format_cells: Callable[[list[str]], str]) -> pl.Series:
    """Return the records of a file of one column as one cell of several, enclosed in quotes where that is needed."""
    marks = "".join(re.escape(mark) for mark in {",", "\n", "\r", '"', dialect.quote or '"', dialect.escape or "\\"})
    special = raws.str.contains(f"[{marks}]|^$|^'*[=+\\-@\t\r]") & ~raws.str.contains(r"^[+-][0-9][0-9.]*$")

    def enclosed(raw: str) -> str:
        is_quoted = dialect.quote is not None and raw.startswith(dialect.quote)
        return escape_record(raw, dialect) if is_quoted else format_cells([escape_cell(raw)])

    return _one_by_one(raws, special, enclosed)


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What begins a formula in a record without quotes, and the numbers between two delimiters."""

    delimiter: str
    formula: str
    number: str

    @staticmethod
    def of(delimiter: str) -> "_Patterns":
        mark = re.escape(delimiter)
        signs = "".join(re.escape(sign) for sign in _FORMULA_SIGNS if sign != delimiter)
        digits = "".join(digit for digit in _DIGITS if digit != delimiter)
        return _Patterns(mark, f"(^|{mark})('*[{signs}])", f"[+-][0-9][{digits}]*")

    def without_marks_on_numbers(self, raws: pl.Series) -> pl.Series:
        """Remove the apostrophe before plain numbers again, twice, since neighbours share a delimiter."""
        pattern = f"(^|{self.delimiter})'({self.number})({self.delimiter}|$)"
        return raws.str.replace_all(pattern, "${1}${2}${3}").str.replace_all(pattern, "${1}${2}${3}")

    def without_numbers(self, raws: pl.Series, quote: str | None) -> pl.Series:
        """Remove the plain numbers that are cells of their own."""
        for mark in ("", re.escape(quote)) if quote else ("",):
            pattern = f"(^|{self.delimiter}){mark}{self.number}{mark}({self.delimiter}|$)"
            raws = raws.str.replace_all(pattern, "${1}${2}").str.replace_all(pattern, "${1}${2}")
        return raws


def _one_by_one(raws: pl.Series, where: pl.Series, rewrite: Callable[[str], str]) -> pl.Series:
    """Rewrite the marked records."""
    if not where.any():
        return raws
    rewritten = pl.Series([rewrite(raw) for raw in raws.filter(where).to_list()], dtype=pl.String)
    return raws.clone().scatter(where.arg_true(), rewritten)
