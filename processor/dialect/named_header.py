"""Find the line that names columns of the target: that is the header, however the rows below it look."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from processor.dialect.options import DialectOptions
from processor.dialect.sample_rows import Row, read_rows
from processor.dialect.value_kinds import is_value
from processor.model import KnownColumns

#: The most lines before the header that are taken for a title.
MOST_TITLE_LINES = 20
_MARKS = re.compile(r"[,;\t|]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedHeader:
    """A line, from 0, that names `named` columns; it has `fields` fields, `filled` of them not empty.

    `delimiters` are those that may part it: None stands for one column.
    """

    line: int
    fields: int
    filled: int
    named: int
    delimiters: tuple[str | None, ...]

    @property
    def is_certain(self) -> bool:
        """Whether the line cannot be anything else: two columns are named, or all fields name one."""
        return self.named > 1 or self.named == self.filled

    @property
    def rank(self) -> tuple[int, bool]:
        """How much the line looks like a header."""
        return self.named, self.named == self.filled


def find_named_header(
    lines: Sequence[str], delimiters: Sequence[str | None], given: DialectOptions, known: KnownColumns
) -> NamedHeader | None:
    """Return the line that names most columns, with the delimiters that may part it; None if no line names any.

    It is the first row or, unless the job gives the lines to skip, one below a title. A file without a header, as the
    job says, has one only if it is an errors.csv.
    """
    if given.has_header is False and not _is_errors_file(lines, known):
        return None
    found: list[NamedHeader] = []
    # The first row of most files names several columns, and reading more rows takes as long as all the rest.
    for most in (1, MOST_TITLE_LINES + 1):
        found = _all_named(lines, delimiters, given, known, most)
        if given.skip_lines is not None or any(header.named > 1 for header in found):
            break
    best = max(found, key=lambda header: (header.rank, header.fields > 1), default=None)
    return best and _with_delimiters(best, found, lines, delimiters)


def _all_named(
    lines: Sequence[str], delimiters: Sequence[str | None], given: DialectOptions, known: KnownColumns, most: int
) -> list[NamedHeader]:
    """Return the best header among the first rows for each delimiter."""
    quote = '"' if given.quote is None else given.quote or None
    found: list[NamedHeader] = []
    for mark in delimiters:
        rows, _ = read_rows(lines, mark, quote, None, given.comment or None, most=most)
        header = _named(rows, mark, known, lines)
        if header and (mark != ":" or _may_have_colons(header, lines)):
            found.append(header)
    return found


def _may_have_colons(header: NamedHeader, lines: Sequence[str]) -> bool:
    """Return whether colons part a header: they are not those of an address or a time, nor the one behind a name."""
    if header.named == header.fields:
        return True
    line = lines[header.line]
    return header.is_certain and header.filled == header.fields and "://" not in line and not is_value(line)


def _is_errors_file(lines: Sequence[str], known: KnownColumns) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return bool(known.markers) and all(marker in first for marker in known.markers)


def _named(rows: Sequence[Row], mark: str | None, known: KnownColumns, lines: Sequence[str]) -> NamedHeader | None:
    """Return the best header among the rows; the rows above it are narrow enough for a title."""
    best: NamedHeader | None = None
    widest = 0
    for place, row in enumerate(rows):
        is_possible = not place or _is_below_title(len(row.fields), widest)
        if not is_possible and len(row.fields) <= widest:
            continue  # as most rows, which takes no time
        cells = [cell for cell in row.fields if cell.strip()]
        if is_possible:
            header = _header(row, cells, mark, known, lines)
            has_values = place and not header.is_certain and any(is_value(cell) for cell in cells)
            if header.named and not has_values and (best is None or header.rank > best.rank):
                best = header
        if not row.fields[0].startswith("#"):
            widest = max(widest, len(cells))
    return best


def _is_below_title(fields: int, widest: int) -> bool:
    """Return whether rows with at most `widest` filled fields may be a title above a row with so many fields."""
    return widest == 0 or (fields > 1 and widest <= max(1, fields // 2))


def _header(row: Row, cells: Sequence[str], mark: str | None, known: KnownColumns, lines: Sequence[str]) -> NamedHeader:
    # A line with a delimiter is one name only if it is that very name, or in quotes as a whole: neither `a,b` nor
    # `"a","b"` is the column ab.
    closely = mark is None and any(_MARKS.search(cell) and not _is_quoted(cell, lines[row.line]) for cell in cells)
    names = {known.name_of(cell, closely) for cell in cells} - {None}
    return NamedHeader(line=row.line, fields=len(row.fields), filled=len(cells), named=len(names), delimiters=(mark,))


def _is_quoted(cell: str, line: str) -> bool:
    """Return whether a line is nothing but this cell in quotes."""
    quoted = '"' + cell.strip().replace('"', '""') + '"'
    return line.strip() == quoted


def _with_delimiters(
    best: NamedHeader, found: Sequence[NamedHeader], lines: Sequence[str], delimiters: Sequence[str | None]
) -> NamedHeader:
    """Return the header with all delimiters that may part it as well."""
    if best.fields == 1:
        marks = best.delimiters
    elif best.is_certain:
        same = [other for other in found if other.line == best.line and other.rank == best.rank and other.fields > 1]
        marks = tuple(dict.fromkeys(other.delimiters[0] for other in same))
    else:
        line = lines[best.line]
        others = (mark for mark in delimiters if mark and mark in line and mark != ":")
        marks = tuple(dict.fromkeys((*best.delimiters, *others)))
    return NamedHeader(line=best.line, fields=best.fields, filled=best.filled, named=best.named, delimiters=marks)
