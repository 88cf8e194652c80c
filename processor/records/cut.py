"""Cut the text stream into chunks of whole records; where chunks end depends on the text alone, never on its blocks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from processor import errors
from processor.model import Chunk, Dialect, FileLimits, Position
from processor.records.buffer import Buffer
from processor.records.extents import Bools, Ints, RecordExtents, join, starts_of
from processor.records.marks import Marks
from processor.records.oversized import OversizedRecord, QuoteStillOpen
from processor.records.scan import reader_of, scan
from processor.records.window import Window

#: Bytes that are scanned at once. The calls cost more than the bytes in smaller windows (a tenth at 1 MiB); larger ones
#: are no faster.
WINDOW = 1 << 21


def cut(
    blocks: Iterable[bytes],
    dialect: Dialect,
    start: Position,
    limits: FileLimits,
    chunk_bytes: Callable[[Position], int],
    window: int = WINDOW,
    width: int = 0,
) -> Iterator[Chunk]:
    """Yield chunks of whole records.

    `blocks` is UTF-8 text from byte `start.offset` on, where a record begins. `chunk_bytes` returns the size of the
    chunk at a position: the chunk ends with the last record that ends within that size, or else with the first record.
    With the `width` of the header (0: not known), a record whose last quote is never closed ends with the line on which
    that opens, provided that the following lines are rows of that width.
    Raises: UnclosedQuote if the text ends inside quotes.
    """
    cutter = _Cutter(Buffer(blocks), Marks.of(dialect, width), limits, window)
    position = start
    while chunk := cutter.chunk(position, max(1, chunk_bytes(position))):
        yield chunk
        position = chunk.next


class _Cutter:
    def __init__(self, buffer: Buffer, marks: Marks, limits: FileLimits, window: int) -> None:
        self.buffer, self.marks, self.limits, self.window = buffer, marks, limits, window

    def chunk(self, position: Position, size: int) -> Chunk | None:
        """Take the next chunk, which begins at `position`, out of the buffer; return None at the end of the text."""
        self.buffer.fill(size + 1)  # one more byte shows whether a CR at the end is half of a CRLF
        if not self.buffer.data:
            return None
        extents = self._scan_windows(size)
        largest = self.limits.record_bytes + 2  # a record of exactly the limit, with a CRLF
        while not extents.ends.size:
            if self.buffer.final and size >= len(self.buffer.data):
                reader = reader_of(replace(self.marks, width=0))
                reader.read(np.frombuffer(self.buffer.data, np.uint8), final=True)
                raise _unclosed_quote(position.line + (reader.opened or 0))
            if size >= largest:
                return self._oversized_chunk(position)
            size = min(2 * size, largest)
            self.buffer.fill(size + 1)
            extents = self._scan(0, size).head(1)
        return self._chunk(position, extents)

    def _scan_windows(self, size: int) -> RecordExtents:
        """Find the records that end in the first `size` bytes, window by window."""
        parts: list[RecordExtents] = []
        at, width, stop = 0, self.window, min(size, len(self.buffer.data))
        while at < stop:
            part = self._scan(at, min(at + width, stop))
            if part.ends.size:
                parts.append(part)
                at, width = int(part.nexts[-1]), self.window
            elif at + width >= stop:
                break
            else:
                width *= 2
        return join(parts)

    def _scan(self, start: int, stop: int) -> RecordExtents:
        stop = min(stop, len(self.buffer.data))
        final = self.buffer.final and stop == len(self.buffer.data)
        return scan(Window(data=self.buffer.data, start=start, stop=stop, final=final, marks=self.marks))

    def _chunk(self, position: Position, extents: RecordExtents) -> Chunk:
        starts = starts_of(extents.nexts, 0)
        lines = starts_of(extents.lines, 0) + position.line
        oversized = self._oversized(starts, extents)
        data = self.buffer.take(int(extents.nexts[-1]))
        return Chunk(
            position=position,
            next=_next(position, len(data), int(extents.lines[-1]), starts.size),
            data=data,
            starts=starts,
            ends=extents.ends,
            fields=extents.fields,
            lines=lines,
            blank=extents.fields <= 0,
            nul=_with_nul(data, starts),
            oversized=oversized,
            irregular=extents.irregular,
            misquoted=extents.faults,
        )

    def _oversized(self, starts: Ints, extents: RecordExtents) -> Bools:
        """Mark the records that are over the limit, or have a field over the limit."""
        data, limits = self.buffer.data, self.limits
        sizes = extents.ends - starts
        over = sizes > limits.record_bytes
        large = (sizes > min(limits.field_bytes, limits.record_bytes)) & (extents.fields > 0)
        for row in np.flatnonzero(large & ~over).tolist():
            record = np.frombuffer(data, np.uint8, int(sizes[row]), int(starts[row]))
            longest = reader_of(replace(self.marks, width=0)).read(record, final=True).longest
            over[row] = int(longest.max(initial=0)) > limits.field_bytes or not longest.size
        return over

    def _oversized_chunk(self, position: Position) -> Chunk:
        """Return a chunk of the single record at the buffer's start, and keep its first `limits.record_bytes` bytes."""
        kept = self.buffer.data[: self.limits.record_bytes]
        record = OversizedRecord(self.buffer, replace(self.marks, width=0))
        try:
            record.skip()
        except QuoteStillOpen:
            raise _unclosed_quote(position.line + record.opened) from None
        true = np.ones(1, np.bool_)
        return Chunk(
            position=position,
            next=_next(position, record.size, record.lines, 1),
            data=kept,
            starts=np.zeros(1, np.int64),
            ends=np.array([len(kept)], np.int64),
            fields=np.array([record.fields], np.int32),
            lines=np.array([position.line], np.int64),
            blank=~true,
            nul=true if b"\0" in kept else ~true,
            oversized=true,
            irregular=~true,
        )


def _next(position: Position, size: int, lines: int, records: int) -> Position:
    """Return the position after a chunk."""
    return Position(
        offset=position.offset + size,
        line=position.line + lines,
        record=position.record + records,
        seq=position.seq + 1,
    )


def _unclosed_quote(line: int) -> errors.UnclosedQuote:
    return errors.UnclosedQuote(
        f"the quoted field that opens on line {line:,} is not closed before the end of the file"
    )


def _with_nul(data: bytes, starts: Ints) -> Bools:
    marked = np.zeros(starts.size, np.bool_)
    if b"\0" in data:
        places = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)
        marked[np.searchsorted(starts, places, side="right") - 1] = True
    return marked
