"""Memory with nothing before and behind it: what reads or writes past either end stops the process."""

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


def ends_well(function: Callable[[], None]) -> int:
    """Run a function of a test's module in a process of its own; 0 unless it failed or crashed."""
    folders = [str(ROOT), str(Path(inspect.getfile(function)).parent)]
    call = f"import sys; sys.path[:0] = {folders}; from {function.__module__} import {function.__name__} as go; go()"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True)
    if done.returncode > 0:
        raise AssertionError(done.stderr)
    return done.returncode


def room(size: int, dtype: npt.DTypeLike = np.uint8, *, at_start: bool = False) -> npt.NDArray[Any]:
    """Make an array between two pages that cannot be read, which ends where the second begins (or begins after the
    first)."""
    kind = np.dtype(dtype)
    pages = max(1, -(-size * kind.itemsize // PAGE))
    mapping = mmap.mmap(-1, (pages + 2) * PAGE)
    start = np.ndarray(1, np.uint8, mapping).ctypes.data
    for page in (0, pages + 1):
        assert _libc.mprotect(start + page * PAGE, PAGE, NO_ACCESS) == 0
    offset = PAGE if at_start else (pages + 1) * PAGE - size * kind.itemsize
    return np.ndarray(size, kind, mapping, offset)


def placed(data: bytes, *, at_start: bool = False) -> npt.NDArray[np.uint8]:
    """Put bytes there."""
    array = room(len(data), at_start=at_start)
    array[:] = np.frombuffer(data, np.uint8)
    return array


class ArrowArray(ctypes.Structure):
    """Struct ArrowArray of the Arrow C data interface."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
        *((name, ctypes.c_void_p) for name in ("buffers", "children", "dictionary", "release", "private_data")),
    )


class Columns:
    """Columns of texts as the kernels take them, where each buffer ends (or begins) with its page; `at` is their
    address, `rows` how many texts each has."""

    def __init__(self, columns: Sequence[Sequence[bytes | None]], *, skipped: int = 0, at_start: bool = False) -> None:
        self.rows = len(columns[0])
        self._kept: list[Any] = []
        children = [self._column(texts, skipped, at_start) for texts in columns]
        pointers = (ctypes.c_void_p * len(children))(*(ctypes.addressof(child) for child in children))
        self._batch = ArrowArray(self.rows, 0, 0, 1, len(children), None, ctypes.addressof(pointers))
        self._kept += [*children, pointers]
        self.at = ctypes.addressof(self._batch)

    def _column(self, texts: Sequence[bytes | None], skipped: int, at_start: bool) -> ArrowArray:
        present = np.array([False] * skipped + [text is not None for text in texts])
        views, heap = room(16 * present.size, at_start=at_start), b""
        for place, text in enumerate(texts, skipped):
            view = views[16 * place : 16 * place + 16]
            shown = text or b""
            head = shown.ljust(12, b"\0")
            if len(shown) > 12:
                head = shown[:4] + np.array([0, len(heap)], "<i4").tobytes()
                heap += shown
            view[:] = np.frombuffer(np.array(len(shown), "<i4").tobytes() + head, np.uint8)
        bitmap = placed(np.packbits(present, bitorder="little").tobytes(), at_start=at_start)
        text = placed(heap, at_start=at_start)
        buffers = (ctypes.c_void_p * 3)(bitmap.ctypes.data, views.ctypes.data, text.ctypes.data)
        self._kept += [bitmap, views, text, buffers]
        nulls = sum(text is None for text in texts)
        return ArrowArray(len(texts), nulls, skipped, 3, 0, ctypes.addressof(buffers))
