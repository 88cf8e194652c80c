"""One record at a time, by pattern: the slow and exact path for quotes that break the rules, and for comments."""

from typing import NamedTuple

from processor.records.marks import CR, LF, Marks


class Record(NamedTuple):
    """A record's end without and with its line end (offsets in the data), its number of fields, and whether its quotes
    are irregular.
    """

    end: int
    next: int
    fields: int
    irregular: bool


def lone_cr(data: bytes, stop: int, final: bool) -> bool:
    """Tell whether a CR just before `stop` is a line end by itself; False as well where that is not known yet."""
    return final or (stop < len(data) and data[stop] != LF)


def read_record(data: bytes, start: int, stop: int, final: bool, marks: Marks) -> Record | None:
    """Read the record at `start`, or return None if it does not end before `stop`; `final`: the text ends at `stop`."""
    if marks.comment is not None and start < stop and data[start] == marks.comment:
        return _comment(data, start, stop, final)
    record = marks.record.match(data, start, stop)
    if record is None:
        return None
    end, after = record.span(1)
    if after == stop and not final and (end == after or (data[end] == CR and not lone_cr(data, stop, final))):
        return None
    if end == start:
        return Record(end, after, 0, False)
    fields = marks.field.findall(data, start, after)
    # Behind the record's end the pattern finds nothing once more; that is a field only if a delimiter stands before it.
    count = len(fields) - (fields[-2][1] != b"%c" % marks.delimiter)
    return Record(end, after, count, any(odd for odd, _ in fields))


def _comment(data: bytes, start: int, stop: int, final: bool) -> Record | None:
    ends = [at for at in (data.find(b"\n", start, stop), data.find(b"\r", start, stop)) if at >= 0]
    if not ends:
        return Record(stop, stop, 0, False) if final else None
    end = min(ends)
    if data[end] == CR and end + 1 == stop and not lone_cr(data, stop, final):
        return None
    return Record(end, end + (2 if data[end : end + 2] == b"\r\n" else 1), 0, False)


def open_quote(data: bytes, start: int, stop: int, marks: Marks) -> int | None:
    """Find where the quoted field opens in which the record at `start` still is at `stop`; None if it is in none."""
    at = start
    while field := marks.field.match(data, at, stop):
        at = field.end()
        if field.end(2) == field.start(2) or data[field.start(2)] != marks.delimiter:
            return None
    return at


def longest_field(data: bytes, start: int, stop: int, marks: Marks) -> int:
    """Measure the longest field of a whole record, in bytes with its quotes."""
    at, longest = start, 0
    while field := marks.field.match(data, at, stop):
        longest = max(longest, field.start(2) - at)
        if field.end() == at or field.end(2) == field.start(2):
            break
        at = field.end()
    return longest


def line_ends(data: bytes, start: int, stop: int) -> int:
    """Count the line ends (LF, CRLF, CR) between two offsets, neither of which parts a CRLF."""
    lone = data.count(b"\r", start, stop)
    return data.count(b"\n", start, stop) + (lone - data.count(b"\r\n", start, stop) if lone else 0)
