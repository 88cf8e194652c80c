"""Split records of RFC 4180 into columns of texts, which stay where they are in the chunk's bytes."""

import ctypes
from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from processor.native.library import KERNELS, address

_ARROW: Final = cast(Any, pa)  # pyarrow has no type hints
_VIEW_BYTES: Final = 16
#: A byte that no text in UTF-8 has: the delimiter of one column.
_NOWHERE: Final = 0xFF
#: The offset in a string view has 31 bits.
MOST_BYTES: Final = 2**31 - 1


def split_records(
    data: bytes, delimiter: int, width: int, wanted: Sequence[int], rows: int, null_values: Sequence[str]
) -> pl.DataFrame | None:
    """Split `rows` records of `width` fields into one String column per field of `wanted`, named by its index from 0.

    An unquoted empty field is null, and so is each of `null_values`, quoted or not. Return None if the bytes are not
    exactly that many records of exactly that width.
    The delimiter is the value of a byte, one that no larger character has.
    Raises: ValueError for more than MOST_BYTES, another delimiter, or an index in `wanted` that is out of
    range or repeated.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data):,} bytes are more than the offsets of a string view can address")
    if (
        0x80 <= delimiter < _NOWHERE
        or len(set(wanted)) < len(wanted)
        or not all(0 <= field < width for field in wanted)
    ):
        raise ValueError(
            "the delimiter must be no byte of a larger character, and the wanted fields distinct fields of the records"
        )
    slots = np.full(width, -1, dtype=np.int32)
    slots[wanted] = np.arange(len(wanted))
    views = _Views(len(wanted), rows, len(data))
    if views.fill(data, delimiter, slots, null_values) != rows:
        return None
    batch = _ARROW.record_batch(views.columns(data), names=list(map(str, wanted)))
    return cast(pl.DataFrame, cast(Any, pl).from_arrow(batch))


class _Views:
    """The buffers of `columns` string view columns of `rows` texts each, for data of `size` bytes."""

    def __init__(self, columns: int, rows: int, size: int) -> None:
        self.rows = rows
        self.views = np.empty((columns, rows, _VIEW_BYTES), dtype=np.uint8)
        self.valid = np.full((columns, -(-rows // 8)), 0xFF, dtype=np.uint8)
        self.nulls = np.zeros(columns, dtype=np.int64)
        self.unescaped = np.empty(size, dtype=np.uint8)  # costs nothing until it is written to
        self.used = ctypes.c_int64(0)

    def fill(self, data: bytes, delimiter: int, slots: npt.NDArray[np.int32], null_values: Sequence[str]) -> int:
        """Split the records, and return their number; -1 if the bytes are not such records."""
        markers = [value.encode() for value in null_values]
        marker_texts = (ctypes.c_char_p * len(markers))(*markers)
        marker_sizes = np.array([len(marker) for marker in markers], dtype=np.int64)
        return KERNELS.ij_split_records(
            *(data, len(data), delimiter, address(slots), slots.size, self.rows),
            *(address(self.views), address(self.valid), self.valid.shape[1], address(self.nulls)),
            *(address(self.unescaped), ctypes.addressof(self.used)),
            *(marker_texts, address(marker_sizes), len(markers)),
        )

    def columns(self, data: bytes) -> list[Any]:
        """Return the columns as Arrow arrays, which keep `data` and the buffers alive."""
        texts = [_ARROW.py_buffer(data)]
        if self.used.value:
            texts.append(_ARROW.py_buffer(self.unescaped[: self.used.value].copy()))
        return [
            _ARROW.Array.from_buffers(
                _ARROW.string_view(),
                self.rows,
                [_ARROW.py_buffer(valid) if nulls else None, _ARROW.py_buffer(views), *texts],
            )
            for views, valid, nulls in zip(self.views, self.valid, self.nulls, strict=True)
        ]
