"""Hold the part of the text stream that is being examined."""

from collections.abc import Iterable, Iterator

#: The most bytes that are taken from a block at once, so that a block of a gigabyte is not copied for every chunk.
PIECE = 1 << 20


class Buffer:
    """A buffer that is filled from blocks of any size, and emptied by whole records.

    `data` begins with a record; `final` is set once no text follows it.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._pieces = _pieces(blocks)
        self.data = b""
        self.final = False

    def fill(self, size: int) -> None:
        """Read until the buffer holds at least `size` bytes, or all that are left."""
        parts: list[bytes | memoryview] = [self.data]
        held = len(self.data)
        while held < size:
            piece = next(self._pieces, None)
            if piece is None:
                self.final = True
                break
            parts.append(piece)
            held += len(piece)
        if len(parts) > 1:
            self.data = b"".join(parts)

    def take(self, size: int) -> bytes:
        """Remove the first `size` bytes and return them."""
        taken, self.data = self.data[:size], self.data[size:]
        return taken


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    for block in blocks:
        if len(block) <= PIECE:
            yield block
            continue
        view = memoryview(block)
        for start in range(0, len(block), PIECE):
            yield view[start : start + PIECE]
