"""The part of the text stream that is being looked at: filled from blocks of any size, emptied by whole records."""

from collections.abc import Iterable, Iterator

#: Blocks are taken in pieces of at most this, so that one block of a gigabyte is not copied again for every chunk.
PIECE = 1 << 20


class Buffer:
    """`data` begins at a record; `final` is set once nothing follows it."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._pieces = _pieces(blocks)
        self.data = b""
        self.final = False

    def fill(self, size: int) -> None:
        """Hold at least `size` bytes, or all that are left."""
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
