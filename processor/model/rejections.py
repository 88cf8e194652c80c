"""The rejections of one chunk, in columns: which records are rejected, and for which reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Reason:
    """Why records are rejected: the column at fault (None: the whole record), the code and the message."""

    column: str | None
    code: str
    message: str


def _no_records() -> npt.NDArray[np.int64]:
    return np.empty(0, np.int64)


def _no_reasons() -> npt.NDArray[np.int32]:
    return np.empty(0, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Rejections:
    """The rejected cells of one chunk: `records[i]` is rejected because of `reasons[reason_of[i]]`.

    `records` (shape: cells) are indexes into the chunk's records, `reason_of` (shape: cells) indexes into `reasons`,
    of which there are few. A record that validation rejects has a cell for each invalid column, in the order of the
    columns; any other has one. Nothing here is done for each cell in Python, because a chunk may have 100,000 of them.
    """

    records: npt.NDArray[np.int64] = field(default_factory=_no_records)
    reason_of: npt.NDArray[np.int32] = field(default_factory=_no_reasons)
    reasons: tuple[Reason, ...] = ()

    @staticmethod
    def of(records: npt.ArrayLike, reason: Reason) -> "Rejections":
        """Reject records for one reason."""
        places = np.asarray(records, np.int64)
        return Rejections(places, np.zeros(places.size, np.int32), (reason,))

    @staticmethod
    def of_each(records: npt.ArrayLike, reasons: Sequence[Reason]) -> "Rejections":
        """Reject each record for the reason at the same place."""
        numbers = {reason: number for number, reason in enumerate(dict.fromkeys(reasons))}
        reason_of = np.array([numbers[reason] for reason in reasons], np.int32)
        return Rejections(np.asarray(records, np.int64), reason_of, tuple(numbers))

    @staticmethod
    def joined(parts: Iterable["Rejections"]) -> "Rejections":
        """Return the cells of all parts, sorted by record; the cells of one record stay in the order of the parts."""
        filled = [part for part in parts if part.records.size]
        if not filled:
            return Rejections()
        records = np.concatenate([part.records for part in filled])
        firsts = np.cumsum([0, *(len(part.reasons) for part in filled)])
        reason_of = np.concatenate([part.reason_of + first for part, first in zip(filled, firsts, strict=False)])
        order = np.argsort(records, kind="stable")
        reasons = tuple(reason for part in filled for reason in part.reasons)
        return Rejections(records[order], reason_of[order].astype(np.int32), reasons)

    def __add__(self, other: "Rejections") -> "Rejections":
        return Rejections.joined((self, other))

    def distinct(self) -> npt.NDArray[np.int64]:
        """Return the rejected records, each once, in the order of the file."""
        return np.unique(self.records)

    def cells(self) -> list[tuple[int, Reason]]:
        """Return each cell's record and reason, for a reader of a few of them."""
        return [
            (record, self.reasons[number]) for record, number in zip(self.records.tolist(), self.reason_of.tolist())
        ]

    def counts(self) -> list[tuple[Reason, int]]:
        """Return the number of cells for each reason that has some."""
        numbers = np.bincount(self.reason_of, minlength=len(self.reasons)).tolist()
        return [(reason, number) for reason, number in zip(self.reasons, numbers, strict=True) if number]
