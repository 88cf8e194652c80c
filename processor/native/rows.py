"""Rows of a binary COPY, written straight from columns of texts."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from processor.native.batch import Batch
from processor.native.library import KERNELS, address
from processor.native.values import Form, Kind, kinds_of

#: Bytes of a piece, which a wider row stretches: what libpq takes at once, and what fits into a core's own cache.
PIECE: Final = 128 * 1024
#: Of a `texts` in texts.h.
_COLUMN: Final = 32


def copy_rows(frame: pl.DataFrame, kinds: Sequence[Kind]) -> Iterator[bytes]:
    """Write the rows of a frame of texts (whole numbers where the kind is WHOLE), without header and trailer.

    Texts of the kind TEXT go as they are, those over its limit too.
    Raises: ValueError where another has no sure value, TypeError where kinds and columns do not belong together.
    """
    with Batch(frame) as batch:
        if batch.are_texts.tolist() != [kind.form is not Form.WHOLE for kind in kinds]:
            raise TypeError("there is a kind for each column, which is WHOLE where that has numbers")
        as_kinds = kinds_of(kinds)
        columns = np.empty((len(kinds), _COLUMN // 8), dtype=np.int64)
        out = np.empty(PIECE, dtype=np.uint8)
        row, room = ctypes.c_int64(0), ctypes.c_int64(0)
        before = (batch.at, address(as_kinds), address(columns), ctypes.addressof(row))
        while row.value < batch.rows:
            room.value = out.size
            size = KERNELS.copy_rows(*before, address(out), ctypes.addressof(room))
            if size < 0:
                raise ValueError(f"row {row.value} has a text without a sure value")
            if size:
                yield out[:size].tobytes()
            else:
                out = np.empty(room.value, dtype=np.uint8)
