"""Cut the text stream into chunks of whole records; where they end depends on the content alone, never on the
blocks.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from processor import errors
from processor.model import Chunk, Dialect, FileLimits, Position
from processor.records.buffer import Buffer
from processor.records.exact import line_ends, longest_field, open_quote
from processor.records.found import Bools, Found, Ints, Window, join, starts_of
from processor.records.giant import Giant, StillQuoted
from processor.records.marks import Marks
from processor.records.window import scan

#: Bytes scanned at once: less, and the calls themselves cost more than the bytes (a tenth at 1 MiB); more is no faster.
WINDOW = 1 << 21
#: After a scan that ended early (a comment with quotes) the next looks less far, down to this.
SMALL = 1 << 12


def cut(
    blocks: Iterable[bytes],
    dialect: Dialect,
    start: Position,
    limits: FileLimits,
    chunk_bytes: Callable[[Position], int],
    window: int = WINDOW,
) -> Iterator[Chunk]:
    """Yield chunks of whole records; `blocks` is UTF-8 text from byte `start.offset` on, where a record begins.

    A chunk ends at the last record end within its first bytes, as many as `chunk_bytes` says for its position, or, if
    there is none, at the first behind them. Raises `UnclosedQuote` where the text ends inside quotes.
    """
    cutter = _Cutter(Buffer(blocks), Marks.of(dialect), limits, window)
    position = start
    while chunk := cutter.chunk(position, max(1, chunk_bytes(position))):
        yield chunk
        position = chunk.next


class _Cutter:
    def __init__(self, buffer: Buffer, marks: Marks, limits: FileLimits, window: int) -> None:
        self.buffer, self.marks, self.limits, self.window = buffer, marks, limits, window

    def chunk(self, position: Position, size: int) -> Chunk | None:
        """Take the next chunk, which begins at `position`, out of the buffer; None at the end of the text."""
        self.buffer.fill(size + 1)  # one byte more shows whether a CR at the end is half of a CRLF
        if not self.buffer.data:
            return None
        found = self._scan_all(size)
        whole = self.limits.record_bytes + 2  # a record of just that size, with a CRLF
        while not found.ends.size:
            if self.buffer.final and size >= len(self.buffer.data):
                opened = open_quote(self.buffer.data, 0, size, self.marks) or 0
                raise _unclosed(position.line + line_ends(self.buffer.data, 0, opened))
            if size >= whole:
                return self._giant(position)
            size = min(2 * size, whole)
            self.buffer.fill(size + 1)
            found = self._scan(0, size).head(1)
        return self._assemble(position, found)

    def _scan_all(self, size: int) -> Found:
        """Find the records that end in the first `size` bytes, window by window."""
        parts: list[Found] = []
        at, width, stop = 0, self.window, min(size, len(self.buffer.data))
        while at < stop:
            part = self._scan(at, min(at + width, stop))
            if part.ends.size:
                parts.append(part)
                taken = int(part.nexts[-1]) - at
                at, width = at + taken, min(self.window, max(SMALL, 4 * taken))
            elif at + width >= stop:
                break
            else:
                width *= 2
        return join(parts)

    def _scan(self, start: int, stop: int) -> Found:
        stop = min(stop, len(self.buffer.data))
        final = self.buffer.final and stop == len(self.buffer.data)
        return scan(Window(self.buffer.data, start, stop, final, self.marks))

    def _assemble(self, position: Position, found: Found) -> Chunk:
        starts = starts_of(found.nexts, 0)
        lines = starts_of(found.lines, 0) + position.line
        oversized = self._oversized(starts, found)
        data = self.buffer.take(int(found.nexts[-1]))
        return Chunk(
            position=position,
            next=Position(
                offset=position.offset + len(data),
                line=position.line + int(found.lines[-1]),
                record=position.record + starts.size,
                seq=position.seq + 1,
            ),
            data=data,
            starts=starts,
            ends=found.ends,
            fields=found.fields,
            lines=lines,
            blank=found.fields == 0,
            nul=_with_nul(data, starts),
            oversized=oversized,
            irregular=found.irregular,
        )

    def _oversized(self, starts: Ints, found: Found) -> Bools:
        data, limits = self.buffer.data, self.limits
        sizes = found.ends - starts
        over = sizes > limits.record_bytes
        for row in np.flatnonzero((sizes > min(limits.field_bytes, limits.record_bytes)) & (found.fields > 0)).tolist():
            if not over[row]:
                over[row] = longest_field(data, int(starts[row]), int(found.ends[row]), self.marks) > limits.field_bytes
        return over

    def _giant(self, position: Position) -> Chunk:
        """Account for the one record at the buffer's start that is over the limit, and keep no more of it than the
        limit.
        """
        kept = self.buffer.data[: self.limits.record_bytes]
        giant = Giant(self.buffer, self.marks)
        try:
            giant.skip()
        except StillQuoted:
            raise _unclosed(position.line + giant.opened) from None
        one = np.ones(1, np.bool_)
        return Chunk(
            position=position,
            next=Position(
                offset=position.offset + giant.size,
                line=position.line + giant.lines,
                record=position.record + 1,
                seq=position.seq + 1,
            ),
            data=kept,
            starts=np.zeros(1, np.int64),
            ends=np.array([len(kept)], np.int64),
            fields=np.array([giant.fields], np.int32),
            lines=np.array([position.line], np.int64),
            blank=~one,
            nul=one if b"\0" in kept else ~one,
            oversized=one,
            irregular=~one,
        )


def _unclosed(line: int) -> errors.UnclosedQuote:
    return errors.UnclosedQuote(
        f"the quoted field that opens on line {line:,} is not closed before the end of the file"
    )


def _with_nul(data: bytes, starts: Ints) -> Bools:
    marked = np.zeros(starts.size, np.bool_)
    if b"\0" in data:
        places = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)
        marked[np.searchsorted(starts, places, side="right") - 1] = True
    return marked
