"""Find the line that names columns of the target: that is the header, however the rows below it look."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processor.dialect.options import DialectOptions
from processor.dialect.sample_rows import Row, read_rows
from processor.dialect.value_kinds import is_value
from processor.model import KnownColumns

#: The most lines before the header that are taken for a title.
MOST_TITLE_LINES = 20
#: A name with a mark is matched closely: the line `a,b` is not the column ab.
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
    quote = '"' if given.quote is None else given.quote or None
    found: list[NamedHeader] = []
    for most in (1, MOST_TITLE_LINES + 1):
        for mark in delimiters:
            rows, _ = read_rows(lines, mark, quote, None, given.comment or None, most=most)
            found += [header for header in _named(rows, mark, known) if mark != ":" or _may_have_colons(header, lines)]
        if any(header.is_certain for header in found) or given.skip_lines is not None:
            break
    best = max(found, key=lambda header: header.rank, default=None)
    return best and _with_delimiters(best, found, lines, delimiters)


def _may_have_colons(header: NamedHeader, lines: Sequence[str]) -> bool:
    """Return whether colons part a header: they are not those of an address or a time, nor the one behind a name."""
    if header.named == header.fields:
        return True
    line = lines[header.line]
    return header.is_certain and header.filled == header.fields and "://" not in line and not is_value(line)


def _is_errors_file(lines: Sequence[str], known: KnownColumns) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return bool(known.markers) and all(marker in first for marker in known.markers)


def _named(rows: Sequence[Row], mark: str | None, known: KnownColumns) -> Iterator[NamedHeader]:
    """Yield the best header among the rows; the rows above it are narrow enough for a title."""
    best: NamedHeader | None = None
    for place, row in enumerate(rows):
        cells = [cell for cell in row.fields if cell.strip()]
        names = {known.name_of(cell, _MARKS.search(cell) is not None) for cell in cells} - {None}
        if not names:
            continue
        header = NamedHeader(
            line=row.line, fields=len(row.fields), filled=len(cells), named=len(names), delimiters=(mark,)
        )
        has_values = not header.is_certain and any(is_value(cell) for cell in cells)
        if place and (has_values or not all(is_title(above, len(row.fields)) for above in rows[:place])):
            continue
        if best is None or header.rank > best.rank:
            best = header
    if best:
        yield best


def is_title(row: Row, width: int) -> bool:
    """Return whether a row may be a line of a title above a header of `width` fields: a remark, or a narrow row."""
    if row.fields[0].startswith("#"):
        return True
    return width > 1 and sum([bool(field.strip()) for field in row.fields]) <= max(1, width // 2)


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
