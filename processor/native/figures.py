"""The figures of a column in one pass: nulls, lengths, the ends of its order, and a sketch of its distinct texts."""

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
    """What the texts of a column are ordered by; the values are those of `enum order` in figures.c."""

    BY_BYTES = 0
    BY_WHOLE_NUMBER = 1
    BY_NUMBER = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a column: `characters` of all texts; `least` and `greatest` are rows. Negative: there is none."""

    nulls: int
    characters: int
    shortest: int
    longest: int
    least: int
    greatest: int


#: What most_frequent in figures.c fills.
_COUNTED: Final = np.dtype([("hash", np.uint64), ("row", np.int64), ("count", np.int64)])


def most_frequent(frame: pl.DataFrame, count: int) -> dict[str, list[tuple[str, int]]]:
    """Return each column's most frequent texts and how often each occurs, of those alike in that the earlier first.

    Nulls do not count. Texts are told apart by 64 bits of a hash: of 10,000 texts two are taken for one in 3 of 10^12
    cases. Raises: TypeError where a column has no texts, ValueError for a `count` below 1.
    """
    if count < 1:
        raise ValueError("one text at least is to be found")
    places = 2 << frame.height.bit_length()
    best = np.zeros(count, dtype=_COUNTED)
    found: dict[str, list[tuple[str, int]]] = {}
    with Batch(frame) as batch:
        for place, texts in enumerate(frame.iter_columns()):
            batch.texts(place)
            table = np.zeros(places, dtype=_COUNTED)
            filled = 0
            if batch.rows:
                filled = KERNELS.most_frequent(batch.at, place, address(table), places, address(best), count)
            found[texts.name] = [(str(texts[row]), times) for _, row, times in best[:filled].tolist()]
    return found


class Sketch:
    """The least hashes of a column's texts, sorted and different, `size` of them at most.

    `hashes` are those of another one; raises ValueError where they are more. One thread at a time may measure.
    """

    def __init__(self, size: int, hashes: npt.NDArray[np.uint64] | None = None) -> None:
        if size < 1:
            raise ValueError("a sketch has room for one hash at least")
        self._hashes = np.zeros(size, dtype=np.uint64)
        self._filled = ctypes.c_int64(0)
        if hashes is not None:
            self._hashes[: hashes.size] = hashes
            self._filled.value = hashes.size

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """Those that are there."""
        return self._hashes[: self._filled.value]

    def measure(self, batch: Batch, place: int, order: Order, *, ascii_only: bool) -> Measured:
        """Measure a column, and take the hashes of its texts in.

        Raises: IndexError, TypeError where the batch has no such column of texts.
        """
        batch.texts(place)
        found = np.array([0, 0, -1, -1, -1, -1], dtype=np.int64)
        if not batch.rows:
            return Measured(*found.tolist())
        KERNELS.measure(
            batch.at,
            place,
            order,
            ascii_only,
            address(found),
            address(self._hashes),
            ctypes.addressof(self._filled),
            self._hashes.size,
        )
        return Measured(*found.tolist())
