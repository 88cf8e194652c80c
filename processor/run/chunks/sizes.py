"""How large chunks are: by where they begin and the file alone, so that every attempt at a file cuts it alike."""

from collections.abc import Callable

from processor.model import Position

# The first chunks are small, so that progress shows at once; the next ones are halves, so that the sessions of a file
# of 30 MB end at about the same time (1.13 → 1.18 × of psql for one of 31 MB).
RAMP = (256 * 1024, 1 << 20, *8 * (4 << 20,))
# Towards the end each chunk is a third of what is left, down to this, so that no session waits long for the other: a
# chunk of 8 MiB is more than a second of an upsert.
SHARE, LEAST = 3, 1 << 20


def sizes(chunk_bytes: int, text_bytes: int | None) -> Callable[[Position], int]:
    """Return the function from where a chunk begins to its size; `text_bytes` is the text's, None where not known."""

    def size(at: Position) -> int:
        usual = min(RAMP[at.seq], chunk_bytes) if at.seq < len(RAMP) else chunk_bytes
        return usual if text_bytes is None else min(usual, max(LEAST, (text_bytes - at.offset) // SHARE))

    return size
