"""Find all records of a window at once: with a kernel if quotes are regular, or else with vector operations.

Vector operations cannot know that quotes and escapes in a comment have no meaning, nor has an escape right after a
closing quote. At such a record the scan stops: the record is read by pattern, and the next window begins after it.
"""

import numpy as np

from processor.native import find_records
from processor.records.extents import NO_RECORDS, Bools, Bytes, Ints, RecordExtents, join, starts_of
from processor.records.marks import CR, LF
from processor.records.quotes import escaped_places, read_quotes
from processor.records.single_record import count_line_ends, is_lone_cr, read_record
from processor.records.window import Window


def scan(window: Window) -> RecordExtents:
    """Return the records that end in the window, at most up to one that had to be read by pattern."""
    marks = window.marks
    if not window.has(marks.escape) and not window.has(marks.comment):
        regular = _scan_regular(window)
        if regular is not None:
            return regular
    rare = {mark for mark in (CR, marks.quote, marks.escape, marks.comment) if mark is not None and window.has(mark)}
    places, kinds = _structural_bytes(window, rare)
    extents, stopped = _scan_any(window, places, kinds, rare)
    if marks.comment in rare:
        extents, before_comment = _mark_comments(window, extents)
        stopped = stopped or before_comment
    return join([extents, _read_next_record(window, extents)]) if stopped else extents


def _scan_regular(window: Window) -> RecordExtents | None:
    """Find the records of a window without escapes and comments; return None for an irregular quote or a lone CR."""
    vectors = find_records(window.view, window.marks.delimiter, window.marks.quote, final=window.final)
    if vectors is None:
        return None
    ends, nexts, fields, lines = vectors
    return RecordExtents(
        ends=ends + window.start,
        nexts=nexts + window.start,
        fields=fields,
        irregular=np.zeros(ends.size, np.bool_),
        lines=lines,
    )


def _structural_bytes(window: Window, rare: set[int]) -> tuple[Ints, Bytes]:
    """Return the offsets in the window and the values of all unescaped delimiters, quotes and line ends."""
    view, marks = window.view, window.marks
    mask = view == marks.delimiter
    mask |= view == LF
    for mark in rare - {marks.escape, marks.comment}:
        mask |= view == mark
    if marks.escape in rare:
        mask[escaped_places(np.flatnonzero(view == marks.escape), view.size)] = False
    places = np.flatnonzero(mask)
    kinds = view.take(places)
    if window.final and not (places.size and places[-1] == view.size - 1 and kinds[-1] in (LF, CR)):
        # Add the line end that the last record lacks.
        places, kinds = np.append(places, view.size), np.append(kinds, np.uint8(LF))
    return places, kinds


def _scan_any(window: Window, places: Ints, kinds: Bytes, rare: set[int]) -> tuple[RecordExtents, bool]:
    """Find the records of any window, and tell whether they stop at an escape after a closing quote."""
    delimiters = kinds == window.marks.delimiter
    line_ends, crlf = _line_ends(window, places, kinds) if CR in rare else (kinds == LF, None)
    odd, stop = places[:0], None
    if window.marks.quote in rare:
        quoting = read_quotes(places, kinds == window.marks.quote)
        outside = ~quoting.inside
        delimiters &= outside
        last = np.flatnonzero(line_ends & outside)
        odd = places[quoting.odd]
        if window.marks.escape in rare:
            stop = _escape_after(window, odd)
    else:
        last = np.flatnonzero(line_ends)
    if stop is not None:
        last = last[: np.searchsorted(places.take(last), stop)]
    if not last.size:
        return NO_RECORDS, stop is not None
    return _extents(window, places, last, delimiters, crlf, odd, line_ends), stop is not None


def _line_ends(window: Window, places: Ints, kinds: Bytes) -> tuple[Bools, Bools]:
    """Return masks of the line ends (of a CRLF only the LF), and of the LFs that follow a CR."""
    lf, cr = kinds == LF, kinds == CR
    crlf = np.zeros(places.size, np.bool_)
    crlf[1:] = (places[1:] == places[:-1] + 1) & cr[:-1] & lf[1:] & (places[1:] < window.size)
    cr[:-1] &= ~crlf[1:]
    if cr[-1:].any() and places[-1] == window.size - 1:
        cr[-1] = is_lone_cr(window.data, window.stop, window.final)
    return lf | cr, crlf


def _escape_after(window: Window, odd: Ints) -> int | None:
    """Return the first place of an escape right after one of the odd quotes."""
    after = odd[odd + 1 < window.size] + 1
    hits = after[window.view.take(after) == window.marks.escape]
    return int(hits[0]) if hits.size else None


def _extents(
    window: Window, places: Ints, last: Ints, delimiters: Bools, crlf: Bools | None, odd: Ints, line_ends: Bools
) -> RecordExtents:
    """Return the records whose line ends are the structural bytes at the indexes `last`."""
    stops = places.take(last)
    nexts = np.minimum(stops + 1, window.size)
    ends = stops if crlf is None else stops - crlf.take(last)
    fields = np.diff(np.cumsum(delimiters, dtype=np.int32).take(last), prepend=np.int32(0)) + np.int32(1)
    fields[ends == starts_of(nexts, 0)] = 0
    irregular = np.zeros(last.size, np.bool_)
    if odd.size:
        irregular[np.searchsorted(stops, odd[odd < stops[-1]])] = True
    single_lines = np.count_nonzero(line_ends[: last[-1] + 1]) == last.size and not window.has(window.marks.escape)
    return RecordExtents(
        ends=ends + window.start,
        nexts=nexts + window.start,
        fields=fields,
        irregular=irregular,
        lines=np.arange(1, last.size + 1) if single_lines else _lines(window, nexts),
    )


def _lines(window: Window, nexts: Ints) -> Ints:
    """Count the physical line ends before each of `nexts`, including those in quotes and escaped ones."""
    view = window.view
    ends = view == CR
    ends[:-1] &= view[1:] != LF
    ends |= view == LF
    lines = np.searchsorted(np.flatnonzero(ends), nexts)
    lines[-1] += nexts[-1] == view.size and not ends[-1]  # the line end that the last record lacks counts as well
    return lines


def _mark_comments(window: Window, extents: RecordExtents) -> tuple[RecordExtents, bool]:
    """Mark comments as blank, and stop before the first one that has a quote or an escape; True if there is one."""
    marks, starts = window.marks, starts_of(np.append(extents.nexts, 0), window.start)
    starts = starts[starts < window.stop]
    rows = np.flatnonzero(window.view.take(starts - window.start) == marks.comment)
    for row in rows.tolist():
        stop = int(extents.ends[row]) if row < extents.ends.size else window.stop
        if any(
            window.data.find(mark, starts[row], stop) >= 0 for mark in (marks.quote, marks.escape) if mark is not None
        ):
            rows = rows[rows < row]
            extents.fields[rows] = 0
            return extents.head(row), True
    extents.fields[rows[rows < extents.ends.size]] = 0
    return extents, False


def _read_next_record(window: Window, extents: RecordExtents) -> RecordExtents:
    """Read by pattern the record that follows; return no record if it does not end in the window."""
    start = int(extents.nexts[-1]) if extents.nexts.size else window.start
    record = read_record(window.data, start, window.stop, window.final, window.marks)
    if record is None:
        return NO_RECORDS
    return RecordExtents(
        ends=np.array([record.end]),
        nexts=np.array([record.next]),
        fields=np.array([record.fields], np.int32),
        irregular=np.array([record.irregular]),
        lines=np.array([count_line_ends(window.data, start, record.next) + (record.end == record.next)]),
    )
