"""Records of RFC 4180 become columns of texts that stay where they are in the chunk's bytes."""

import ctypes
from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
import polars as pl
import pyarrow as pa

from processor.native.library import KERNELS, address

_ARROW: Final = cast(Any, pa)  # it has no types of its own
_VIEW: Final = 16
#: Where a view may point to has 31 bits.
MOST_BYTES: Final = 2**31 - 1


def split(
    data: bytes, delimiter: str, width: int, wanted: Sequence[int], rows: int, null_values: Sequence[str]
) -> pl.DataFrame | None:
    """Split `rows` records of `width` fields into one String column per field of `wanted`, named by its place from 0.

    An unquoted empty field is null, and so is one of `null_values`, quoted or not. None where the bytes are not just
    that many records of just that width.
    Raises: ValueError for more than MOST_BYTES, a delimiter that is not ASCII, or fields that are not there just once.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data):,} bytes are more than a column of texts can point into")
    if not delimiter.isascii() or len(set(wanted)) < len(wanted) or not all(0 <= field < width for field in wanted):
        raise ValueError("the delimiter is ASCII, and each wanted field one of the records'")
    slots = np.full(width, -1, dtype=np.int32)
    slots[wanted] = np.arange(len(wanted))
    bitmap = -(-rows // 8)
    views = np.empty((len(wanted), rows, _VIEW), dtype=np.uint8)
    valid = np.full((len(wanted), bitmap), 0xFF, dtype=np.uint8)
    nulls = np.zeros(len(wanted), dtype=np.int64)
    unescaped = np.empty(len(data), dtype=np.uint8)  # costs nothing before it is written to
    used = ctypes.c_int64(0)
    markers = [each.encode() for each in null_values]
    marker_texts = (ctypes.c_char_p * len(markers))(*markers)
    marker_sizes = np.array([len(each) for each in markers], dtype=np.int64)
    found = KERNELS.split_records(
        data,
        len(data),
        ord(delimiter),
        address(slots),
        width,
        rows,
        address(views),
        address(valid),
        bitmap,
        address(nulls),
        address(unescaped),
        ctypes.addressof(used),
        marker_texts,
        address(marker_sizes),
        len(markers),
    )
    if found != rows:
        return None
    texts = [_ARROW.py_buffer(data)]
    if used.value:
        texts.append(_ARROW.py_buffer(unescaped[: used.value].copy()))
    columns = [
        _ARROW.Array.from_buffers(
            _ARROW.string_view(),
            rows,
            [_ARROW.py_buffer(valid[slot]) if nulls[slot] else None, _ARROW.py_buffer(views[slot]), *texts],
        )
        for slot in range(len(wanted))
    ]
    batch = _ARROW.record_batch(columns, names=list(map(str, wanted)))
    return cast(pl.DataFrame, cast(Any, pl).from_arrow(batch))
