"""All records of one window of the text at once, by vectors; only records with irregular quotes take the exact path.

A window begins at a record. Its structural bytes (delimiters, quotes, line ends) are found in one pass; whether one is
inside quotes is the parity of the quotes before it. That holds up to the first quote that breaks the rules: one that opens
away from a field's start, or closes away from a field's end. The record around it is read exactly, and vectors go on
behind it, in the other parity if the record held an odd number of quotes. Each parity is prepared at most once, so that
k irregular records cost k·log n.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processor.records.exact import line_ends, lone_cr, read_record
from processor.records.marks import CR, LF, Marks

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: One irregular record in this many makes record by record cheaper (5 µs each) than leaping between them (25 µs each).
LEAP = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Records of a window: `ends` without and `nexts` with the line end (offsets in the data), `fields`, `irregular`, and the `lines`
    (physical line ends) from the window's start through each record."""

    ends: Ints
    nexts: Ints
    fields: npt.NDArray[np.int32]
    irregular: Bools
    lines: Ints


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes `[start, stop)` of `data`; `final`: the text ends at `stop`, so that the last record may lack its line end."""

    data: bytes
    start: int
    stop: int
    final: bool
    marks: Marks

    def has(self, mark: int | None) -> bool:
        return mark is not None and self.data.find(mark, self.start, self.stop) >= 0


@dataclass(frozen=True, slots=True)
class Structure:
    """The structural bytes of a window, whatever the parity: places (from the window's start) and what is true of each."""

    at: Ints
    quotes: Bools
    inside: Bools  # after it, were every quote to count
    delimiters: Bools
    ends: Bools  # a line end; of CRLF the LF
    crlf: Bools
    opens: Bools  # a quote here stands at a field's start
    closes: Bools  # a quote here stands at a field's end, or is doubled
    comments: Ints  # places of lines that begin with the comment mark


def scan(window: Window) -> Found:
    """Find every record of the window that ends in it."""
    marks = window.marks
    rare = {mark for mark in (CR, marks.quote, marks.escape, marks.comment) if mark is not None and window.has(mark)}
    view = np.frombuffer(window.data, np.uint8, window.stop - window.start, window.start)
    at, kinds = _structural(window, view, rare)
    if not rare:
        return _plain(window, at, np.flatnonzero(kinds == LF))
    return _Walk(window, _describe(window, view, at, kinds, rare)).found(marks.escape in rare)


def _structural(window: Window, view: Bytes, rare: set[int]) -> tuple[Ints, Bytes]:
    mask = view == window.marks.delimiter
    mask |= view == LF
    for mark in rare - {window.marks.escape, window.marks.comment}:
        mask |= view == mark
    if window.marks.escape in rare:
        mask[_escaped(np.flatnonzero(view == window.marks.escape), view.size)] = False
    at = np.flatnonzero(mask)
    kinds = view.take(at)
    if window.final and not (at.size and at[-1] == view.size - 1 and kinds[-1] in (LF, CR)):
        at, kinds = np.append(at, view.size), np.append(kinds, np.uint8(LF))  # the line end that the last record lacks
    return at, kinds


def _escaped(at: Ints, size: int) -> Ints:
    """Places that an escape takes the meaning from: behind the 1st, 3rd, … of each run of escapes `at`."""
    order = np.arange(at.size)
    heads = np.diff(at, prepend=-2) != 1
    run = order - np.maximum.accumulate(np.where(heads, order, 0))
    behind = at[run % 2 == 0] + 1
    return behind[behind < size]


def _plain(window: Window, at: Ints, last: Ints) -> Found:
    """Put together the records of a window that has delimiters and LF only."""
    ends = at.take(last) + window.start
    nexts = np.minimum(ends + 1, window.stop)
    fields = np.diff(last, prepend=-1).astype(np.int32)
    fields[ends == _starts(nexts, window.start)] = 0
    return Found(ends, nexts, fields, np.zeros(ends.size, np.bool_), np.arange(1, ends.size + 1))


def _starts(nexts: Ints, first: int) -> Ints:
    starts = np.empty_like(nexts)
    starts[:1], starts[1:] = first, nexts[:-1]
    return starts


def _describe(window: Window, view: Bytes, at: Ints, kinds: Bytes, rare: set[int]) -> Structure:
    quotes = kinds == window.marks.quote if window.marks.quote in rare else np.zeros(at.size, np.bool_)
    near = at[1:] == at[:-1] + 1
    ends, crlf = kinds == LF, np.zeros(at.size, np.bool_)
    if CR in rare:
        returns = kinds == CR
        crlf[1:] = near & returns[:-1] & ends[1:] & (at[1:] < view.size)
        returns[:-1] &= ~crlf[1:]
        if at.size and at[-1] == view.size - 1 and returns[-1]:
            returns[-1] = lone_cr(window.data, window.stop, window.final)
        ends |= returns
    return Structure(
        at=at,
        quotes=quotes,
        inside=np.logical_xor.accumulate(quotes),
        delimiters=kinds == window.marks.delimiter,
        ends=ends,
        crlf=crlf,
        opens=np.concatenate((at[:1] == 0, near)),
        closes=np.concatenate((near, np.ones(min(at.size, 1), np.bool_))),
        comments=_comments(view, window.marks.comment) if window.marks.comment in rare else at[:0],
    )


def _comments(view: Bytes, comment: int | None) -> Ints:
    at = np.flatnonzero(view == comment)
    behind = view.take(np.maximum(at - 1, 0))
    return at[(at == 0) | (behind == LF) | (behind == CR)]


class _Reading:
    """A structure read in one parity: the record ends, the delimiters up to each place, and where vectors must stop."""

    def __init__(self, structure: Structure, odd: bool) -> None:
        inside = ~structure.inside if odd else structure.inside
        outside = ~inside
        self.last = np.flatnonzero(structure.ends & outside)
        self.ends = structure.at.take(self.last)
        self.counts = np.cumsum(structure.delimiters & outside, dtype=np.int32)
        bad = structure.quotes & ~np.where(inside, structure.opens, structure.closes)
        self.stops = structure.at[bad]
        if structure.comments.size:
            before = np.searchsorted(structure.at, structure.comments) - 1
            shut = (before < 0) & (not odd) | (before >= 0) & outside.take(before, mode="clip")
            self.stops = np.union1d(self.stops, structure.comments[shut])


class _Walk:
    """The way through a window: leaps of regular records, and between them one irregular record at a time."""

    def __init__(self, window: Window, structure: Structure) -> None:
        self.window, self.structure = window, structure
        self.readings: dict[bool, _Reading] = {}
        self.pieces: list[tuple[Ints, Ints, npt.NDArray[np.int32]]] = []
        self.place = 0
