"""How large chunks are: by their number and one size alone, so that every attempt at a file cuts it alike."""

from collections.abc import Callable

# The first chunks are small, so that progress shows at once; the next ones are halves, so that the sessions of a file
# of 30 MB end at about the same time (1.13 → 1.18 × of psql for one of 31 MB).
RAMP = (256 * 1024, 1 << 20, *8 * (4 << 20,))


def sizes(chunk_bytes: int) -> Callable[[int], int]:
    """Return the function from a chunk's number to its size."""

    def size(seq: int) -> int:
        return min(RAMP[seq], chunk_bytes) if seq < len(RAMP) else chunk_bytes

    return size
