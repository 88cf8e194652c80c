"""A frame's columns as the kernels see them: Polars's own memory, by the Arrow C stream interface."""

import ctypes
from types import TracebackType
from typing import Final, Self

import numpy as np
import polars as pl

from processor.native.library import KERNELS, address

#: Of a struct ArrowArray.
_BYTES: Final = 80
#: What take_batch in arrow.c says of other columns.
_UNLIKE: Final = -1

_pointer: Final = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Batch:
    """A frame's columns, for as long as the `with` block lasts; texts are Arrow's string views.

    `at` is the address of the struct ArrowArray whose children they are; `are_texts` (shape: columns) tells texts from
    whole numbers of 64 bits. Raises TypeError for columns of anything else.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.rows = frame.height
        self.are_texts = np.zeros(frame.width, dtype=np.bool_)
        self._array = ctypes.create_string_buffer(_BYTES)
        self.at = ctypes.addressof(self._array)
        if not self.rows:
            self.are_texts[:] = [dtype == pl.String for dtype in frame.dtypes]
            return
        stream = frame.rechunk().__arrow_c_stream__(None)
        failed = KERNELS.take_batch(
            _pointer(stream, b"arrow_array_stream"), self.at, frame.width, frame.height, address(self.are_texts)
        )
        if failed == _UNLIKE:
            raise TypeError("a column has neither texts nor whole numbers of 64 bits")
        if failed:
            raise MemoryError(f"the columns could not be handed over ({failed})")

    def texts(self, place: int) -> int:
        """Return the place of a column; a kernel would read whatever lies there.

        Raises: IndexError where the batch has no such column (any more), TypeError where it has no texts.
        """
        if not 0 <= place < self.are_texts.size:
            raise IndexError(f"there is no column {place}")
        if not self.are_texts[place]:
            raise TypeError(f"column {place} has no texts")
        return place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.are_texts = self.are_texts[:0]
        KERNELS.give_back(self.at)
