"""All records of one window of the text at once: by a kernel where quotes are regular, else by vectors.

Vectors cannot tell that quotes and escapes in a comment mean nothing, nor does an escape right behind a closing quote.
The scan then ends with that record, which is read by pattern, and the next window begins behind it.
"""

import numpy as np

from processor.native import find_records
from processor.records.exact import line_ends, lone_cr, read_record
from processor.records.found import NOTHING, Bools, Bytes, Found, Ints, Window, join, starts_of
from processor.records.marks import CR, LF
from processor.records.quotes import escaped_places, read_quotes


def scan(window: Window) -> Found:
    """Find the records of the window: all that end in it, or those up to one that had to be read by itself."""
    marks = window.marks
    if not window.has(marks.escape) and not window.has(marks.comment) and (quick := _regular(window)) is not None:
        return quick
    rare = {mark for mark in (CR, marks.quote, marks.escape, marks.comment) if mark is not None and window.has(mark)}
    at, kinds = _structural(window, rare)
    found, stopped = _general(window, at, kinds, rare)
    if marks.comment in rare:
        found, in_comment = _comments(window, found)
        stopped = stopped or in_comment
    return join([found, _by_itself(window, found)]) if stopped else found


def _regular(window: Window) -> Found | None:
    """Find the records of a window without escapes and comments; None where a quote is irregular, or a CR alone."""
    found = find_records(window.view, window.marks.delimiter, window.marks.quote, final=window.final)
    if found is None:
        return None
    ends, nexts, fields, lines = found
    return Found(ends + window.start, nexts + window.start, fields, np.zeros(ends.size, np.bool_), lines)


def _structural(window: Window, rare: set[int]) -> tuple[Ints, Bytes]:
    """Find delimiters, quotes and line ends, as places from the window's start, without those that are escaped."""
    view, marks = window.view, window.marks
    mask = view == marks.delimiter
    mask |= view == LF
    for mark in rare - {marks.escape, marks.comment}:
        mask |= view == mark
    if marks.escape in rare:
        mask[escaped_places(np.flatnonzero(view == marks.escape), view.size)] = False
    at = np.flatnonzero(mask)
    kinds = view.take(at)
    if window.final and not (at.size and at[-1] == view.size - 1 and kinds[-1] in (LF, CR)):
        at, kinds = np.append(at, view.size), np.append(kinds, np.uint8(LF))  # the line end that the last record lacks
    return at, kinds


def _general(window: Window, at: Ints, kinds: Bytes, rare: set[int]) -> tuple[Found, bool]:
    """Put together the records of any window; True if they end where an escape follows a closing quote."""
    delimiters = kinds == window.marks.delimiter
    line, crlf = _line_ends(window, at, kinds) if CR in rare else (kinds == LF, None)
    odd, stop = at[:0], None
    if window.marks.quote in rare:
        quoting = read_quotes(at, kinds == window.marks.quote)
        outside = ~quoting.inside
        delimiters &= outside
        last = np.flatnonzero(line & outside)
        odd = at[quoting.odd]
        if window.marks.escape in rare:
            stop = _escape_behind(window, odd)
    else:
        last = np.flatnonzero(line)
    if stop is not None:
        last = last[: np.searchsorted(at.take(last), stop)]
    if not last.size:
        return NOTHING, stop is not None
    return _put_together(window, at, last, delimiters, crlf, odd, line), stop is not None


def _line_ends(window: Window, at: Ints, kinds: Bytes) -> tuple[Bools, Bools]:
    """Mark the line ends (of CRLF the LF), and the LF that has its CR before it."""
    line, returns = kinds == LF, kinds == CR
    crlf = np.zeros(at.size, np.bool_)
    crlf[1:] = (at[1:] == at[:-1] + 1) & returns[:-1] & line[1:] & (at[1:] < window.stop - window.start)
    returns[:-1] &= ~crlf[1:]
    if returns[-1:].any() and at[-1] == window.stop - window.start - 1:
        returns[-1] = lone_cr(window.data, window.stop, window.final)
    return line | returns, crlf


def _escape_behind(window: Window, odd: Ints) -> int | None:
    behind = odd[odd + 1 < window.stop - window.start] + 1
    hits = behind[window.view.take(behind) == window.marks.escape]
    return int(hits[0]) if hits.size else None


def _put_together(
    window: Window, at: Ints, last: Ints, delimiters: Bools, crlf: Bools | None, odd: Ints, line: Bools
) -> Found:
    places = at.take(last)
    nexts = np.minimum(places + 1, window.stop - window.start)
    ends = places if crlf is None else places - crlf.take(last)
    fields = np.diff(np.cumsum(delimiters, dtype=np.int32).take(last), prepend=np.int32(0)) + np.int32(1)
    fields[ends == starts_of(nexts, 0)] = 0
    irregular = np.zeros(last.size, np.bool_)
    if odd.size:
        irregular[np.searchsorted(places, odd[odd < places[-1]])] = True
    simple = np.count_nonzero(line[: last[-1] + 1]) == last.size and not window.has(window.marks.escape)
    return Found(
        ends=ends + window.start,
        nexts=nexts + window.start,
        fields=fields,
        irregular=irregular,
        lines=np.arange(1, last.size + 1) if simple else _lines(window, nexts),
    )


def _lines(window: Window, nexts: Ints) -> Ints:
    """Count the physical line ends before each of `nexts`, those in quotes and escaped ones too."""
    view = window.view
    ends = view == CR
    ends[:-1] &= view[1:] != LF
    ends |= view == LF
    lines = np.searchsorted(np.flatnonzero(ends), nexts)
    lines[-1] += nexts[-1] == view.size and not ends[-1]  # the last record's missing line end counts as one
    return lines


def _comments(window: Window, found: Found) -> tuple[Found, bool]:
    """Mark comments as blank; True if the records end before a comment that may mislead the vectors."""
    marks, starts = window.marks, starts_of(np.append(found.nexts, 0), window.start)
    starts = starts[starts < window.stop]
    rows = np.flatnonzero(window.view.take(starts - window.start) == marks.comment)
    for row in rows.tolist():
        stop = int(found.ends[row]) if row < found.ends.size else window.stop
        if any(
            window.data.find(mark, starts[row], stop) >= 0 for mark in (marks.quote, marks.escape) if mark is not None
        ):
            rows = rows[rows < row]
            found.fields[rows] = 0
            return found.head(row), True
    found.fields[rows[rows < found.ends.size]] = 0
    return found, False


def _by_itself(window: Window, found: Found) -> Found:
    """Read the record behind those found by pattern; nothing if it does not end in the window."""
    start = int(found.nexts[-1]) if found.nexts.size else window.start
    record = read_record(window.data, start, window.stop, window.final, window.marks)
    if record is None:
        return NOTHING
    return Found(
        ends=np.array([record.end]),
        nexts=np.array([record.next]),
        fields=np.array([record.fields], np.int32),
        irregular=np.array([record.irregular]),
        lines=np.array([line_ends(window.data, start, record.next) + (record.end == record.next)]),
    )
