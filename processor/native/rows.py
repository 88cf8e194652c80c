"""Write the rows of a binary COPY from columns of texts."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from processor.native.batch import Batch
from processor.native.library import KERNELS, address
from processor.native.values import BinaryForm, Form, as_array

#: Bytes of a piece, unless one row needs more: what libpq sends at once, and what fits into the cache of one core.
PIECE: Final = 128 * 1024
#: The size of a struct `texts` in texts.h.
_COLUMN_BYTES: Final = 32


def copy_rows(frame: pl.DataFrame, forms: Sequence[BinaryForm]) -> Iterator[bytes]:
    """Write the rows of a frame of texts (64-bit integers for the form WHOLE), without header and trailer.

    Texts of the form TEXT are written as they are, even beyond its limit.
    Raises: ValueError if another text has no exact value, TypeError if the forms do not match the columns.
    """
    with Batch(frame) as batch:
        if batch.are_texts.tolist() != [form.form is not Form.WHOLE for form in forms]:
            raise TypeError("each column needs one form, and a column of integers the form WHOLE")
        form_array = as_array(forms)
        columns = np.empty((len(forms), _COLUMN_BYTES // 8), dtype=np.int64)
        out = np.empty(PIECE, dtype=np.uint8)
        row, room = ctypes.c_int64(0), ctypes.c_int64(0)
        source = (batch.at, address(form_array), address(columns), ctypes.addressof(row))
        while row.value < batch.rows:
            room.value = out.size
            size = KERNELS.ij_copy_rows(*source, address(out), ctypes.addressof(room))
            if size < 0:
                raise ValueError(f"row {row.value} has a text without an exact value")
            if size:
                yield out[:size].tobytes()
            else:
                out = np.empty(room.value, dtype=np.uint8)
