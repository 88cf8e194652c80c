"""Escape formulas in a raw record, in which all other characters stay as they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from processor.model import Dialect
from processor.run.artifacts.formulas import escape_cell


@dataclass(frozen=True, slots=True)
class Cell:
    """The extent of a cell's text in its record, without its quotes."""

    start: int
    end: int
    quoted: bool


def escape_record(raw: str, dialect: Dialect) -> str:
    """Return a raw record in which each cell that a spreadsheet would execute is escaped."""
    if not _possible_formula((dialect.delimiter or "")[-1:], dialect.quote).search(raw):
        return raw
    for cell in reversed(list(cells(raw, dialect))):
        text = raw[cell.start : cell.end]
        if escape_cell(text) != text:
            raw = raw[: cell.start] + with_apostrophe(text, cell, dialect) + raw[cell.end :]
    return raw


@cache
def _possible_formula(delimiter: str, quote: str | None) -> re.Pattern[str]:
    """Match what may begin a formula; the search takes a hundredth of the time of reading cell by cell."""
    marks = re.escape(delimiter + (quote or ""))
    before = f"(?:^|[{marks}])" if marks else "^"
    return re.compile(f"{before}'*[=+\\-@\t\r]")


def with_apostrophe(text: str, cell: Cell, dialect: Dialect) -> str:
    """Put an apostrophe before a cell's text; where apostrophes quote, one that is itself escaped."""
    if dialect.quote != "'":
        return f"'{text}"
    literal = f"{dialect.escape or dialect.quote}'"
    return f"{literal}{text}" if cell.quoted else f"'{literal}{text}'"


def cells(raw: str, dialect: Dialect) -> Iterator[Cell]:
    """Yield the cells of a raw record."""
    at, delimiter = 0, dialect.delimiter
    while at <= len(raw):
        quote = dialect.quote if dialect.quote is not None and raw.startswith(dialect.quote, at) else None
        quoted = quote is not None
        start = at + 1 if quoted else at
        end = closing_quote(raw, start, quote, dialect.escape) if quote else start
        behind = end
        while behind < len(raw) and not (delimiter and raw.startswith(delimiter, behind)):
            behind += 2 if raw[behind] == dialect.escape else 1
        behind = min(behind, len(raw))
        yield Cell(start, end if quoted else behind, quoted)
        at = behind + len(delimiter or " ")


def closing_quote(raw: str, start: int, quote: str, escape: str | None) -> int:
    """Return the place of the quote that closes a cell, or the record's end where none does."""
    at = start
    while at < len(raw):
        if raw[at] == escape:
            at += 2
        elif raw[at] != quote:
            at += 1
        elif escape is None and raw.startswith(quote, at + 1):
            at += 2
        else:
            return at
    return len(raw)
