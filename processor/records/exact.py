"""One record at a time, by pattern: the slow and exact path for quotes that break the rules, and for comments."""

from typing import NamedTuple

from processor.records.marks import CR, LF, Marks


class Record(NamedTuple):
    """A record's end without and with its line end (offsets in the data), its number of fields, and whether its quotes are irregular."""

    end: int
    next: int
    fields: int
    irregular: bool


def lone_cr(data: bytes, stop: int, final: bool) -> bool:
    """Tell whether a CR as the last byte before `stop` is a line end by itself; False as well where that is not known yet."""
    return final or (stop < len(data) and data[stop] != LF)


def read_record(data: bytes, start: int, stop: int, final: bool, marks: Marks) -> Record | None:
    """Read the record at `start`, or return None if it does not end before `stop`; `final`: the text ends at `stop`."""
    if marks.comment is not None and start < stop and data[start] == marks.comment:
        return _comment(data, start, stop, final)
    match, at, fields, irregular = marks.field.match, start, 0, False
    while field := match(data, at, stop):
        odd, end = field.group(1, 2)
        fields += 1
        irregular = irregular or odd is not None
        at = field.end()
        if end and end[0] == marks.delimiter:
            continue
        if at == stop and not final and (not end or (end == b"\r" and not lone_cr(data, stop, final))):
            return None
        return Record(at - len(end), at, fields if at - len(end) > start else 0, irregular)
    return None


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
