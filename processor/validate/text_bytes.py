"""Work on many short texts through one array of their bytes.

This takes a fraction of the time of regular expressions, and numpy works without Python's lock. Normalisers read plain
spellings this way and leave all other texts to slower functions.
"""

from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_ARROW: Final = cast(Any, pa)  # pyarrow has no type annotations
#: The bit by which a small ASCII letter differs from its capital.
CASE_BIT: Final = 0x20


def bytes_of(texts: pl.Series) -> tuple[Bytes, Integers]:
    """Return the bytes of all texts in one array, and its bounds (shape: rows + 1); nulls are empty.

    Text `i` has the bytes from `bounds[i]` to `bounds[i + 1]`. This takes 10 ms for 1,000,000 texts, a seventh of the
    time in which Polars joins them.
    """
    column = cast(Any, texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()))
    if not len(texts):
        return np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    _, offsets, data = column.buffers()
    bounds: Integers = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(texts) + 1]
    whole: Bytes = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
    return whole[bounds[0] : bounds[-1]], bounds - bounds[0]


def texts_from(payload: bytes, lengths: Integers, like: pl.Series) -> pl.Series:
    """Return the texts whose UTF-8 bytes `payload` holds one after the other.

    `lengths` (shape: rows) are in bytes. The result has the name of `like`, and its nulls.
    """
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    buffers = [None, _ARROW.py_buffer(offsets), _ARROW.py_buffer(payload)]
    column = pl.Series(like.name, _ARROW.Array.from_buffers(_ARROW.large_string(), len(like), buffers))
    if not like.null_count():
        return column
    return pl.select(pl.when(like.is_not_null()).then(column).alias(like.name)).to_series()


def remove_characters(texts: pl.Series, characters: bytes) -> pl.Series:
    """Remove these ASCII characters from the texts."""
    data, bounds = bytes_of(texts)
    lengths = np.diff(bounds) - count_marked(is_one_of(data, characters), bounds)
    return texts_from(data.tobytes().translate(None, characters), lengths, texts)


def rearrange(texts: pl.Series, width: int, pieces: list[slice | bytes]) -> pl.Series:
    """Compose each text anew from slices of itself and constant bytes; all texts are ASCII of `width` characters."""
    data, _ = bytes_of(texts)
    old = data.reshape(-1, width)
    parts = [
        old[:, piece]
        if isinstance(piece, slice)
        else np.broadcast_to(np.frombuffer(piece, dtype=np.uint8), (len(old), len(piece)))
        for piece in pieces
    ]
    new = np.concatenate(parts, axis=1)
    return texts_from(new.tobytes(), np.full(len(old), new.shape[1]), texts)


def is_one_of(data: Bytes, characters: bytes) -> Mask:
    """Mark the bytes that are one of these ASCII characters."""
    mask = data == characters[0]
    for character in characters[1:]:
        mask |= data == character
    return mask


def is_digit(data: Bytes) -> Mask:
    """Mark ASCII digits."""
    return (data - np.uint8(ord("0"))) < 10  # bytes below "0" wrap around


def is_capital(data: Bytes) -> Mask:
    """Mark ASCII capitals."""
    return (data - np.uint8(ord("A"))) < 26


def count_marked(marked: Mask, bounds: Integers) -> Integers:
    """Count the marked bytes of each text."""
    filled = bounds[1:] > bounds[:-1]
    counts = np.zeros(len(filled), dtype=np.int64)
    if filled.any():
        counts[filled] = np.add.reduceat(marked, bounds[:-1][filled], dtype=np.int32)
    return counts


def rows_at(offsets: Integers, bounds: Integers) -> Integers:
    """Return the row of the text that contains each of these byte offsets."""
    return np.searchsorted(bounds, offsets, side="right") - 1


def lower_at(data: Bytes, offsets: Integers) -> Bytes:
    """Return the bytes with the ASCII capitals at these offsets in lower case."""
    result = data.copy()
    result[offsets] |= CASE_BIT
    return result
