"""The extents of records and their numbers of fields, as vectors of the same length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.model import NO_FAULTS

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExtents:
    """The extents of consecutive records (each shape: records).

    `ends` are the offsets in the data without the line ends, and `nexts` those with the line ends. `fields` is 0 for a
    blank line, and negative for a comment. `irregular` marks records with irregular quotes, and `faults` is the number
    of the field whose quotes may have moved values between fields (0: there is none); it is empty where no record has
    one. `lines` counts the physical line ends from the start of the window to the end of each record.
    """

    ends: Ints
    nexts: Ints
    fields: npt.NDArray[np.int32]
    irregular: Bools
    faults: npt.NDArray[np.int32]
    lines: Ints

    def head(self, count: int) -> "RecordExtents":
        """Return the first `count` records."""
        if count == self.ends.size:
            return self
        return RecordExtents(
            ends=self.ends[:count],
            nexts=self.nexts[:count],
            fields=self.fields[:count],
            irregular=self.irregular[:count],
            faults=self.faults[:count],
            lines=self.lines[:count],
        )


NO_RECORDS: Final = RecordExtents(
    ends=np.empty(0, np.int64),
    nexts=np.empty(0, np.int64),
    fields=np.empty(0, np.int32),
    irregular=np.empty(0, np.bool_),
    faults=NO_FAULTS,
    lines=np.empty(0, np.int64),
)


def starts_of(nexts: Ints, first: int) -> Ints:
    """Return the start of each record: `first`, and then the next of the record before."""
    starts = np.empty_like(nexts)
    starts[:1], starts[1:] = first, nexts[:-1]
    return starts


def _joined_faults(parts: Sequence[RecordExtents]) -> npt.NDArray[np.int32]:
    if not any(part.faults.size for part in parts):
        return NO_FAULTS
    return np.concatenate([part.faults if part.faults.size else np.zeros(part.ends.size, np.int32) for part in parts])


def join(parts: Sequence[RecordExtents]) -> RecordExtents:
    """Join the records of consecutive windows; the count of lines continues from one window to the next."""
    parts = [part for part in parts if part.ends.size]
    if len(parts) < 2:
        return parts[0] if parts else NO_RECORDS
    before = np.cumsum([0, *(part.lines[-1] for part in parts[:-1])])
    return RecordExtents(
        ends=np.concatenate([part.ends for part in parts]),
        nexts=np.concatenate([part.nexts for part in parts]),
        fields=np.concatenate([part.fields for part in parts]),
        irregular=np.concatenate([part.irregular for part in parts]),
        faults=_joined_faults(parts),
        lines=np.concatenate([part.lines + lines for part, lines in zip(parts, before, strict=True)]),
    )
