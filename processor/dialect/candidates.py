"""Read a sample by one candidate dialect, and score how much it looks like a table.

A high score means rows of the same width, fields without other delimiters, and regular quotes.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from processor.dialect.named_header import MOST_TITLE_LINES
from processor.dialect.sample_rows import NOWHERE, Row, read_rows, without_footer
from processor.dialect.value_kinds import is_value
from processor.errors import AmbiguousDialect

DELIMITERS = ",;\t|:"
SPOKEN = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a pipe", ":": "a colon"}
_NUMBER = re.compile(r"\s*[-+(]?\D{0,3}[\d.,' ]*\d\)?\s*%?\s*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate dialect; `quote` and `escape` are None if there is no such character, `delimiter` for one column."""

    delimiter: str | None
    quote: str | None
    escape: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateResult:
    """The rows that a candidate reads, the most common width, the score (0 to 1), and the index of the header row."""

    candidate: Candidate
    rows: Sequence[Row]
    width: int
    score: float
    start: int


def try_candidate(
    lines: Sequence[str],
    complete: bool,
    candidate: Candidate,
    comment: str | None,
    *,
    header_line: int | None = None,
    titles: bool = False,
    footer: int = 0,
) -> CandidateResult:
    """Read the lines by a candidate, and score the result.

    `complete` says that the lines are the whole text, `header_line` where the header is, if that is known, and `titles`
    that title lines may stand before it. `footer` is the number of records at the end that are no rows.
    """
    rows, unclosed = read_rows(lines, candidate.delimiter, candidate.quote, candidate.escape, comment)
    cut_off = unclosed and not complete and bool(rows) and rows[-1].next_line > 0.75 * len(lines)
    if not complete and not unclosed and len(rows) > 1:
        rows = rows[:-1]  # the sample may end in the middle of the last row
    rows = without_footer(rows, footer if complete else 0, header_line or 0)
    if not rows:
        return CandidateResult(candidate=candidate, rows=rows, width=0, score=0.0, start=0)
    text = "".join(lines[rows[0].line : rows[-1].next_line])
    has_remarks = "#" in text  # lines that begin with # may stand between the rows
    counted = [row for row in rows if not lines[row.line].startswith("#")] or rows if has_remarks else rows
    counts = Counter([len(row.fields) for row in counted])
    width = max(counts, key=lambda size: (counts[size], size == len(counted[0].fields)))
    if header_line is not None:
        start = next((place for place, row in enumerate(rows) if row.line >= header_line), 0)
        width = len(rows[start].fields)
    else:
        start = table_start(rows, width) if titles and width > 1 else 0
    table = rows[start:]
    if has_remarks:
        table = [row for row in table if len(row.fields) == width or not lines[row.line].startswith("#")]
    regular = len(counts) == 1 and not has_remarks
    score = 1.0 if regular else sum([fields_of(row, width) == width for row in table]) / len(table)
    score *= _cleanness(candidate, table, text, len(rows)) * (0.9 if start else 1.0)
    score *= (0.3 if unclosed and not cut_off else 1.0) * (width > 1)
    return CandidateResult(candidate=candidate, rows=rows, width=width, score=score, start=start)


def _cleanness(candidate: Candidate, table: Sequence[Row], text: str, count: int) -> float:
    """Return from 0 to 1 how well the fields of a table fit a candidate; `text` is that of all `count` rows."""
    fields = 0.5 + 0.5 * _clean_share(table, text, candidate.delimiter)
    quotes = 1 - 0.5 * _stray_quote_share(text, count, candidate)
    return fields * quotes * (0.7 if candidate.delimiter == ":" else 1.0)


def ambiguous_delimiter(one: CandidateResult, other: CandidateResult) -> AmbiguousDialect:
    """Return the error of a sample that two delimiters part about equally well."""
    marks = (one.candidate.delimiter, other.candidate.delimiter)
    return AmbiguousDialect(
        "the delimiter may be {delimiters}: set options.delimiter",
        delimiters=" or ".join(SPOKEN.get(str(mark), "none") for mark in marks),
        option="delimiter",
        choices=marks,
    )


def fields_of(row: Row, width: int) -> int:
    """Return the number of a row's fields, without the empty ones beyond `width`, which are none."""
    count = len(row.fields)
    while count > width and not row.fields[count - 1]:
        count -= 1
    return count


def table_start(rows: Sequence[Row], width: int) -> int:
    """Return the index of the header below a title: remarks, and rows with at most half the table's width filled.

    The row below a title must itself look like a header: one with values is data, and then the first row is the header.
    """
    for place, row in enumerate(rows[:MOST_TITLE_LINES]):
        filled = sum(bool(field.strip()) for field in row.fields)
        if len(row.fields) == width and (filled > 1 or width < 3):
            only_remarks = all(above.fields[0].startswith("#") for above in rows[:place])
            return place if only_remarks or not any(is_value(field) for field in row.fields) else 0
        if row.fields[0].startswith("#"):
            continue
        if filled > max(1, width // 2):
            return 0  # too wide for a title: a header of another width than the rows, which is reported later
    return 0


def _clean_share(rows: Sequence[Row], text: str, delimiter: str | None) -> float:
    """Return the share of fields without another delimiter; prose (", ") and numbers (1,5) may have a comma.

    `text` is the text of the rows: if it has no other delimiter, the fields need not be examined.
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


def _stray_quote_share(text: str, rows: int, candidate: Candidate) -> float:
    """Return the number of stray quotes per row, at most 1."""
    if not candidate.quote or candidate.quote not in text:
        return 0.0
    return min(1.0, len(stray_quotes(text, candidate)) / rows)


def stray_quotes(text: str, candidate: Candidate) -> str:
    """Return the quotes that remain when every regularly quoted field has been removed.

    An apostrophe that neither opens a field nor ends one is text, as in `Men's`.
    """
    x = re.escape(candidate.escape or "")
    rest = _quoted_field(candidate).sub("", text)
    rest = re.sub(rf"{x}.", "", rest, flags=re.DOTALL) if x else rest
    if candidate.quote != "'":
        return "".join(re.findall(re.escape(candidate.quote or ""), rest))
    delimiter = candidate.delimiter or NOWHERE
    d, last = re.escape(delimiter), re.escape(delimiter[-1])
    return "".join(re.findall(rf"(?<![^{last}\r\n])'|'(?={d}|[\r\n]|\Z)", rest))


def quoted_fields(text: str, candidate: Candidate) -> list[str]:
    """Return the regularly quoted fields, with their quotes."""
    return _quoted_field(candidate).findall(text)


def _quoted_field(candidate: Candidate) -> re.Pattern[str]:
    """Return the pattern of a regularly quoted field."""
    delimiter = candidate.delimiter or NOWHERE
    d, last = re.escape(delimiter), re.escape(delimiter[-1])
    q, x = (re.escape(mark or "") for mark in (candidate.quote, candidate.escape))
    pair = rf"(?:{q}{q}|{x}.)" if x else q + q
    # The pattern begins with the quote itself, so that the search leaps from quote to quote: 5 times as fast. It
    # consumes the quoted text in runs, 3 times as fast as character by character.
    first = rf"{q}(?:(?<=[{last}\r\n]{q})|(?<![\s\S]{q}))"
    enclosed = rf"[^{q}{x}]*+(?:{pair}[^{q}{x}]*+)*+"
    return re.compile(rf"{first}{enclosed}{q}(?={d}|[\r\n]|\Z)", re.DOTALL)
