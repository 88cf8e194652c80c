"""Arrays between two protected pages: an access outside the array stops the process with a signal."""

import ctypes
import inspect
import mmap
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[2]
PAGE = mmap.PAGESIZE
NO_ACCESS = 0
SOME_TEXTS = [
    b"",
    b"1",
    b"-12.5",
    b"true",
    b"x" * 11,
    b"y" * 12,
    b"z" * 13,
    b"2026-11-22 10:00:00.5+01",
    "é€".encode() * 9,
]

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def run_in_process(function: Callable[[], None]) -> int:
    """Run a function of a test module in a new process; return 0, or the negative number of the signal that stopped it.

    Raises: AssertionError with the traceback of the function.
    """
    folders = [str(ROOT), str(Path(inspect.getfile(function)).parent)]
    call = f"import sys; sys.path[:0] = {folders}; from {function.__module__} import {function.__name__} as go; go()"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True)
    if done.returncode > 0:
        raise AssertionError(done.stderr)
    return done.returncode


def protected_array(size: int, dtype: npt.DTypeLike = np.uint8, *, at_start: bool = False) -> npt.NDArray[Any]:
    """Return an array that ends where a protected page begins, or begins where one ends when `at_start` is set."""
    kind = np.dtype(dtype)
    pages = max(1, -(-size * kind.itemsize // PAGE))
    mapping = mmap.mmap(-1, (pages + 2) * PAGE)
    start = np.ndarray(1, np.uint8, mapping).ctypes.data
    for page in (0, pages + 1):
        assert _libc.mprotect(start + page * PAGE, PAGE, NO_ACCESS) == 0
    offset = PAGE if at_start else (pages + 1) * PAGE - size * kind.itemsize
    return np.ndarray(size, kind, mapping, offset)


def protected_bytes(data: bytes, *, at_start: bool = False) -> npt.NDArray[np.uint8]:
    """Return a protected array with a copy of some bytes."""
    array = protected_array(len(data), at_start=at_start)
    array[:] = np.frombuffer(data, np.uint8)
    return array


class ArrowArray(ctypes.Structure):
    """The struct ArrowArray of the Arrow C data interface."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
        *((name, ctypes.c_void_p) for name in ("buffers", "children", "dictionary", "release", "private_data")),
    )


class Columns:
    """Columns of texts in the format of the kernels, with every buffer in a protected array.

    `address` is the address of the batch, and `rows` the number of texts in each column. `skipped` is the offset of the
    first text in the buffers.
    """

    def __init__(self, columns: Sequence[Sequence[bytes | None]], *, skipped: int = 0, at_start: bool = False) -> None:
        self.rows = len(columns[0])
        self._kept: list[Any] = []
        children = [self._column(texts, skipped, at_start) for texts in columns]
        pointers = (ctypes.c_void_p * len(children))(*(ctypes.addressof(child) for child in children))
        self._batch = ArrowArray(self.rows, 0, 0, 1, len(children), None, ctypes.addressof(pointers))
        self._kept += [*children, pointers]
        self.address = ctypes.addressof(self._batch)

    def _column(self, texts: Sequence[bytes | None], skipped: int, at_start: bool) -> ArrowArray:
        present = np.array([False] * skipped + [text is not None for text in texts])
        views, heap = protected_array(16 * present.size, at_start=at_start), b""
        for index, text in enumerate(texts, skipped):
            view = views[16 * index : 16 * index + 16]
            value = text or b""
            rest = value.ljust(12, b"\0")
            if len(value) > 12:
                rest = value[:4] + np.array([0, len(heap)], "<i4").tobytes()
                heap += value
            view[:] = np.frombuffer(np.array(len(value), "<i4").tobytes() + rest, np.uint8)
        bitmap = protected_bytes(np.packbits(present, bitorder="little").tobytes(), at_start=at_start)
        heap_array = protected_bytes(heap, at_start=at_start)
        buffers = (ctypes.c_void_p * 3)(bitmap.ctypes.data, views.ctypes.data, heap_array.ctypes.data)
        self._kept += [bitmap, views, heap_array, buffers]
        nulls = sum(text is None for text in texts)
        return ArrowArray(len(texts), nulls, skipped, 3, 0, ctypes.addressof(buffers))
