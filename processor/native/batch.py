"""A frame's columns as the kernels see them: Polars's own memory, by the Arrow C stream interface."""

import ctypes
from types import TracebackType
from typing import Final, Self

import polars as pl

from processor.native.library import KERNELS

#: Of a struct ArrowArray.
_BYTES: Final = 80

_pointer: Final = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Batch:
    """A frame's columns, for as long as the `with` block lasts; texts are Arrow's string views.

    `at` is the address of the struct ArrowArray whose children they are.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.names = frame.columns
        self.rows = frame.height
        self._array = ctypes.create_string_buffer(_BYTES)
        self.at = ctypes.addressof(self._array)
        if not self.rows:
            return
        stream = frame.rechunk().__arrow_c_stream__(None)
        failed = KERNELS.take_batch(_pointer(stream, b"arrow_array_stream"), self.at)
        if failed:
            raise MemoryError(f"the columns could not be handed over ({failed})")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        KERNELS.give_back(self.at)
