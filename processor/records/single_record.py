"""Read one record by pattern: the slow but exact path for irregular quotes and comments."""

from typing import NamedTuple

from processor.records.marks import CR, LF, Marks


class Record(NamedTuple):
    """A record's end without and with its line end, its number of fields, and whether its quotes are irregular.

    The ends are offsets in the data.
    """

    end: int
    next: int
    fields: int
    irregular: bool


def is_lone_cr(data: bytes, stop: int, final: bool) -> bool:
    """Tell whether a CR just before `stop` is a line end by itself; False also if that is not known yet."""
    return final or (stop < len(data) and data[stop] != LF)


def read_record(data: bytes, start: int, stop: int, final: bool, marks: Marks) -> Record | None:
    """Read the record at `start`, or return None if it does not end before `stop`.

    `final` says that the text ends at `stop`.
    """
    if marks.comment is not None and start < stop and data[start] == marks.comment:
        return _comment(data, start, stop, final)
    record = marks.record.match(data, start, stop)
    if record is None:
        return None
    end, after = record.span(1)
    if after == stop and not final and (end == after or (data[end] == CR and not is_lone_cr(data, stop, final))):
        return None
    if end == start:
        return Record(end, after, 0, False)
    fields = marks.field.findall(data, start, after)
    # At the record's end the pattern matches the empty text once more; it is a field only after a delimiter.
    count = len(fields) - (fields[-2][1] != b"%c" % marks.delimiter)
    return Record(end, after, count, any(odd for odd, _ in fields))


def _comment(data: bytes, start: int, stop: int, final: bool) -> Record | None:
    ends = [at for at in (data.find(b"\n", start, stop), data.find(b"\r", start, stop)) if at >= 0]
    if not ends:
        return Record(stop, stop, 0, False) if final else None
    end = min(ends)
    if data[end] == CR and end + 1 == stop and not is_lone_cr(data, stop, final):
        return None
    return Record(end, end + (2 if data[end : end + 2] == b"\r\n" else 1), 0, False)


def open_quote(data: bytes, start: int, stop: int, marks: Marks) -> int | None:
    """Return the offset of the quote that is still open at `stop` in the record at `start`; None if there is none."""
    at = start
    while field := marks.field.match(data, at, stop):
        at = field.end()
        if field.end(2) == field.start(2) or data[field.start(2)] != marks.delimiter:
            return None
    return at


def longest_field(data: bytes, start: int, stop: int, marks: Marks) -> int:
    """Return the size of the longest field of a whole record, in bytes including its quotes."""
    at, longest = start, 0
    while field := marks.field.match(data, at, stop):
        longest = max(longest, field.start(2) - at)
        if field.end() == at or field.end(2) == field.start(2):
            break
        at = field.end()
    return longest


def count_line_ends(data: bytes, start: int, stop: int) -> int:
    """Count the line ends (LF, CRLF, CR) between two offsets that do not split a CRLF."""
    crs = data.count(b"\r", start, stop)
    return data.count(b"\n", start, stop) + (crs - data.count(b"\r\n", start, stop) if crs else 0)
