"""Read a sample in one way and judge how much it looks like a table: even rows, clean fields, regular quotes."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from processor.dialect.rows import Row, read_rows

DELIMITERS = ",;\t|:"
#: Lines before the header that are taken for a title, at most.
PREAMBLE = 20
_NUMBER = re.compile(r"\s*[-+(]?\D{0,3}[\d.,' ]*\d\)?\s*%?\s*")


@dataclass(frozen=True, slots=True)
class Marks:
    """One way to read a text; quote and escape are None where there is none."""

    delimiter: str
    quote: str | None
    escape: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What comes of one way: the rows, the width of most, how table-like they are (0 to 1), the table's first row."""

    marks: Marks
    rows: Sequence[Row]
    width: int
    score: float
    start: int


def attempt(lines: Sequence[str], complete: bool, marks: Marks, comment: str | None, preamble: bool) -> Trial:
    """Read the lines by the marks and score what comes of it; with `preamble`, titles may stand before the header."""
    rows, unclosed = read_rows(lines, marks.delimiter, marks.quote, marks.escape, comment)
    cut_off = unclosed and not complete and bool(rows) and rows[-1].next_line > 0.75 * len(lines)
    if not complete and not unclosed and len(rows) > 1:
        rows = rows[:-1]  # the sample may end in the middle of it
    if not rows:
        return Trial(marks, rows, 0, 0.0, 0)
    text = "".join(lines[rows[0].line : rows[-1].next_line])
    remarks = "#" in text  # a table may have some between
    told = [row for row in rows if not lines[row.line].startswith("#")] or rows if remarks else rows
    counts = Counter([len(row.fields) for row in told])
    width = max(counts, key=lambda size: (counts[size], size == len(told[0].fields)))
    start = table_start(rows, width) if preamble and width > 1 else 0
    table = rows[start:]
    if remarks:
        table = [row for row in table if len(row.fields) == width or not lines[row.line].startswith("#")]
    score = 1.0 if len(counts) == 1 and not remarks else sum([len(row.fields) == width for row in table]) / len(table)
    score *= (
        (0.5 + 0.5 * _clean(table, text, marks.delimiter))
        * (0.9 if start else 1.0)
        * (0.7 if marks.delimiter == ":" else 1.0)
    )
    score *= 1 - 0.5 * _odd_quotes(text, len(rows), marks)
    return Trial(marks, rows, width, score * (0.3 if unclosed and not cut_off else 1.0) * (width > 1), start)


def table_start(rows: Sequence[Row], width: int) -> int:
    """Find the header below titles: remarks, rows of one filled field, or of half the table's width at most."""
    for place, row in enumerate(rows[:PREAMBLE]):
        filled = sum(bool(field.strip()) for field in row.fields)
        if len(row.fields) == width and (filled > 1 or width < 3):
            return place
        if row.fields[0].startswith("#"):
            continue
        if filled > max(1, width // 2):
            return 0  # too wide for a title: a header that does not fit, which is for others to say
    return 0


def _clean(rows: Sequence[Row], text: str, delimiter: str) -> float:
    """Return the share of fields without another delimiter in them; prose (", ") and numbers (1,5) may have one.

    `text` is what the rows were read from: where that has no other delimiter, none of the fields need be looked at.
    """
    marks = "".join([mark for mark in ";\t|" if mark != delimiter])
    if not any([mark in text for mark in (*marks, ",") if mark != delimiter]):
        return 1.0
    others = re.compile(f"[{marks}]" + (r"|,(?=\S)" if delimiter != "," else ""))
    fields = [field for row in rows for field in row.fields]
    if not others.search("\0".join(fields)):
        return 1.0
    unclean = sum(bool(others.search(field)) and not _NUMBER.fullmatch(field) for field in fields)
    return 1 - unclean / len(fields)


def _odd_quotes(text: str, rows: int, marks: Marks) -> float:
    """Return how many quotes there are, for each row, beside those that enclose a field in order (1 at most)."""
    if not marks.quote or marks.quote not in text:
        return 0.0
    return min(1.0, len(leftover_quotes(text, marks)) / rows)


def leftover_quotes(text: str, marks: Marks) -> str:
    """Take out every field that is enclosed in order, and return the quotes that are left."""
    d, q, x = (re.escape(mark or "") for mark in (marks.delimiter, marks.quote, marks.escape))
    pair = rf"(?:{q}{q}|{x}.)" if x else q + q
    # The pattern begins with the quote itself, so that the search leaps from quote to quote: 5 times as fast. What is
    # enclosed is passed in stretches, 3 times as fast as by its characters.
    first = rf"{q}(?:(?<=[{d}\r\n]{q})|(?<![\s\S]{q}))"
    enclosed = rf"[^{q}{x}]*+(?:{pair}[^{q}{x}]*+)*+"
    whole = re.compile(rf"{first}{enclosed}{q}(?=[{d}\r\n]|\Z)", re.DOTALL)
    rest = whole.sub("", text)
    rest = re.sub(rf"{x}.", "", rest, flags=re.DOTALL) if x else rest
    return "".join(re.findall(q, rest))
