"""Hand a frame's columns to the kernels without a copy, through the Arrow C stream interface."""

import ctypes
from types import TracebackType
from typing import Final, Self

import numpy as np
import polars as pl

from processor.native.library import KERNELS, address

#: The size of a struct ArrowArray.
_ARRAY_BYTES: Final = 80
#: What ij_import_batch in arrow.c returns for columns of other types.
_UNSUPPORTED: Final = -1

_pointer: Final = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Batch:
    """The columns of a frame, imported until the end of the `with` block; texts are Arrow's string views.

    `at` is the address of the struct ArrowArray that has the columns as its children. `are_texts` (shape: columns) is
    True for columns of texts and False for columns of 64-bit integers. Raises: TypeError for columns of other types.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.rows = frame.height
        self.are_texts = np.zeros(frame.width, dtype=np.bool_)
        self._array = ctypes.create_string_buffer(_ARRAY_BYTES)
        self.at = ctypes.addressof(self._array)
        if not self.rows:
            self.are_texts[:] = [dtype == pl.String for dtype in frame.dtypes]
            return
        stream = frame.rechunk().__arrow_c_stream__(None)
        error = KERNELS.ij_import_batch(
            _pointer(stream, b"arrow_array_stream"), self.at, frame.width, frame.height, address(self.are_texts)
        )
        if error == _UNSUPPORTED:
            raise TypeError("a column has neither texts nor 64-bit integers")
        if error:
            raise MemoryError(f"the columns could not be imported (error {error})")

    def texts(self, column: int) -> int:
        """Return the index of a column of texts, checked, because a kernel would read whatever is there.

        Raises: IndexError if the batch has no such column or has been released, TypeError if the column has no texts.
        """
        if not 0 <= column < self.are_texts.size:
            raise IndexError(f"there is no column {column}")
        if not self.are_texts[column]:
            raise TypeError(f"column {column} has no texts")
        return column

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.are_texts = self.are_texts[:0]
        KERNELS.ij_release_batch(self.at)
