"""Measure a column in one pass: nulls, lengths, minimum, maximum, and a sketch of its distinct texts."""

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.native.batch import Batch
from processor.native.library import KERNELS, address


class Order(IntEnum):
    """How the texts of a column are ordered; the values are those of `enum order` in figures.c."""

    BY_BYTES = 0
    BY_WHOLE_NUMBER = 1
    BY_NUMBER = 2


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of a column. The fields are those of the struct `figures` in figures.c, in its order.

    `characters` counts those of all texts; `least` and `greatest` are rows. A negative number means that there is none.
    """

    nulls: int
    characters: int
    shortest: int
    longest: int
    least: int
    greatest: int


#: The struct `counted` in figures.c.
_COUNTED: Final = np.dtype([("hash", np.uint64), ("row", np.int64), ("count", np.int64)])


def most_frequent(frame: pl.DataFrame, count: int) -> dict[str, list[tuple[str, int]]]:
    """Return the most frequent texts of each column, and how often each occurs.

    Among equally frequent texts, the earlier comes first. Nulls are not counted. Texts are compared by a 64-bit hash:
    the chance that two of 10,000 texts are taken for one is 3 in 10^12.
    Raises: TypeError if a column has no texts, ValueError for a `count` below 1.
    """
    if count < 1:
        raise ValueError("the count must be at least 1")
    slots = 2 << frame.height.bit_length()
    best = np.zeros(count, dtype=_COUNTED)
    tops: dict[str, list[tuple[str, int]]] = {}
    with Batch(frame) as batch:
        for place, texts in enumerate(frame.iter_columns()):
            batch.texts(place)
            table = np.zeros(slots, dtype=_COUNTED)
            filled = 0
            if batch.rows:
                filled = KERNELS.ij_most_frequent_texts(batch.at, place, address(table), slots, address(best), count)
            tops[texts.name] = [(str(texts[row]), times) for _, row, times in best[:filled].tolist()]
    return tops


class Sketch:
    """The smallest distinct hashes of a column's texts, sorted, and at most `size` of them.

    `hashes` are those of an earlier sketch. Raises: ValueError if they are more than `size`. Only one thread at a time
    may measure with a sketch.
    """

    def __init__(self, size: int, hashes: npt.NDArray[np.uint64] | None = None) -> None:
        if size < 1:
            raise ValueError("the size of a sketch must be at least 1")
        self._hashes = np.zeros(size, dtype=np.uint64)
        self._filled = ctypes.c_int64(0)
        if hashes is not None:
            self._hashes[: hashes.size] = hashes
            self._filled.value = hashes.size

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """The hashes so far."""
        return self._hashes[: self._filled.value]

    def measure(self, batch: Batch, column: int, order: Order, *, ascii_only: bool) -> Measurement:
        """Measure a column of a batch, and add the hashes of its texts.

        Raises: IndexError or TypeError if the batch has no such column of texts.
        """
        batch.texts(column)
        figures = np.array([0, 0, -1, -1, -1, -1], dtype=np.int64)
        if batch.rows:
            KERNELS.ij_measure_column(
                *(batch.at, column, order, ascii_only, address(figures)),
                *(address(self._hashes), ctypes.addressof(self._filled), self._hashes.size),
            )
        return Measurement(*figures.tolist())
