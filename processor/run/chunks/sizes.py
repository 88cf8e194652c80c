"""The size of chunks, which depends on where they begin and on the file alone, so that every attempt cuts alike."""

from collections.abc import Callable, Mapping

from processor.model import LedgerEntry, Position

# The first chunks are small, so that progress shows at once. The next ones are half as large as usual, so that the
# sessions that load a file of 30 MB end at about the same time (1.13 → 1.18 × of psql for one of 31 MB).
RAMP = (256 * 1024, 1 << 20, *8 * (4 << 20,))
# Towards the end, each chunk is a third of what is left, down to this minimum, so that no session waits long for the
# other: a chunk of 8 MiB is more than a second of an upsert.
SHARE, MINIMUM = 3, 1 << 20


def chunk_sizes(chunk_bytes: int, text_bytes: int | None) -> Callable[[Position], int]:
    """Return the function that gives the size of a chunk, in bytes, from where it begins.

    `text_bytes` is the size of the whole text, None where that is not known.
    """

    def size(start: Position) -> int:
        usual = min(RAMP[start.seq], chunk_bytes) if start.seq < len(RAMP) else chunk_bytes
        return usual if text_bytes is None else min(usual, max(MINIMUM, (text_bytes - start.offset) // SHARE))

    return size


def with_committed(sizes: Callable[[Position], int], ledger: Mapping[int, LedgerEntry]) -> Callable[[Position], int]:
    """Return the function that gives a committed chunk its own size, since it may end early (see `ChunkLoader`)."""

    def size(start: Position) -> int:
        entry = ledger.get(start.seq)
        if entry is None or entry.byte_start != start.offset:
            return sizes(start)
        return min(sizes(start), entry.next.offset - start.offset)

    return size
