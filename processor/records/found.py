"""What a scan looks at, and what it finds: the extents of records and their fields, in vectors of one length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.records.marks import Marks

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes `[start, stop)` of `data`, beginning with a record; `final`: the text ends at `stop`, so that the last
    record may
    lack its line end."""

    data: bytes
    start: int
    stop: int
    final: bool
    marks: Marks

    @property
    def view(self) -> Bytes:
        return np.frombuffer(self.data, np.uint8, self.stop - self.start, self.start)

    def has(self, mark: int | None) -> bool:
        return mark is not None and self.data.find(mark, self.start, self.stop) >= 0


@dataclass(frozen=True, slots=True)
class Found:
    """Records of a window: `ends` without and `nexts` with the line end (offsets in the data), `fields` (0: blank or
    comment), `irregular`,
    and the `lines` (physical line ends) from the window's start through each record."""

    ends: Ints
    nexts: Ints
    fields: npt.NDArray[np.int32]
    irregular: Bools
    lines: Ints

    def head(self, count: int) -> "Found":
        """Keep the first `count` records alone."""
        if count == self.ends.size:
            return self
        return Found(
            self.ends[:count], self.nexts[:count], self.fields[:count], self.irregular[:count], self.lines[:count]
        )


NOTHING: Final = Found(
    np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.bool_), np.empty(0, np.int64)
)


def starts_of(nexts: Ints, first: int) -> Ints:
    """Give each record's start: the one before's next."""
    starts = np.empty_like(nexts)
    starts[:1], starts[1:] = first, nexts[:-1]
    return starts


def join(parts: Sequence[Found]) -> Found:
    """Put the records of consecutive windows together; lines go on from window to window."""
    parts = [part for part in parts if part.ends.size]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    before = np.cumsum([0, *(part.lines[-1] for part in parts[:-1])])
    return Found(
        ends=np.concatenate([part.ends for part in parts]),
        nexts=np.concatenate([part.nexts for part in parts]),
        fields=np.concatenate([part.fields for part in parts]),
        irregular=np.concatenate([part.irregular for part in parts]),
        lines=np.concatenate([part.lines + lines for part, lines in zip(parts, before, strict=True)]),
    )
