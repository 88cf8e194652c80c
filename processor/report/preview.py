"""The first rows of a file as they were loaded, gathered from chunks that get in in any order. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from processor.model import Offsets

PREVIEW_ROWS = 20
# A long text says nothing more in a preview; 20 rows of 50 columns stay under 300 kB.
PREVIEW_CHARACTERS = 300
# Rows of so many chunks are kept while the first of them is being sorted out; it is read again if it takes longer.
AHEAD = 64

Row = tuple[int, dict[str, Any]]


@dataclass(slots=True)
class Preview:
    """Rows with their record numbers. `known` is False for an attempt that has not seen the file's first chunks."""

    known: bool = True
    _rows: list[Row] = field(default_factory=list[Row])
    _next: int = 0
    # Of chunks that got in before those ahead of them.
    _early: dict[int, Sequence[Row]] = field(default_factory=dict[int, Sequence[Row]])
    # What the job's row has of it.
    _told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The first rows of all chunks up to the first that is missing."""
        return [shown for _, shown in self._rows[:PREVIEW_ROWS]]

    @property
    def stale(self) -> bool:
        """Whether the job's row has another preview than this one."""
        return self._told != self.rows

    def enough(self, loaded: int) -> bool:
        """Tell whether there are all rows that the preview of a job has which has loaded so many."""
        return len(self.rows) >= min(PREVIEW_ROWS, loaded)

    def taken(self, seq: int, frame: pl.DataFrame, records: Offsets) -> Sequence[Row]:
        """Return what the preview may need of a chunk's rows; none once it is full."""
        if not self.known or len(self._rows) >= PREVIEW_ROWS or not self._next <= seq < self._next + AHEAD:
            return ()
        return numbered_rows(frame, records)

    def including(self, seq: int, part: Sequence[Row]) -> list[dict[str, Any]] | None:
        """Return the preview as it is with a chunk; None where the chunk adds nothing, or one before it is missing."""
        if seq != self._next or not part or len(self._rows) >= PREVIEW_ROWS:
            return None
        found = [*self._rows, *part]
        while (seq := seq + 1) in self._early:
            found += self._early[seq]
        return [shown for _, shown in found[:PREVIEW_ROWS]]

    def put(self, seq: int, part: Sequence[Row], told: list[dict[str, Any]] | None) -> None:
        """Take in a chunk that is in; `told` is the preview that was written with it."""
        self._told = self._told if told is None else told
        if not self.known or len(self._rows) >= PREVIEW_ROWS or seq >= self._next + AHEAD:
            return
        self._early[seq] = part
        while self._next in self._early and len(self._rows) < PREVIEW_ROWS:
            self._rows += self._early.pop(self._next)
            self._next += 1

    def replace(self, rows: Sequence[Row]) -> None:
        """Begin with these rows, which are the file's first ones."""
        self.known, self._rows, self._early = True, list(rows), {}

    def drop(self, records: Collection[int]) -> None:
        """Take out rows that were refused after all."""
        self._rows = [row for row in self._rows if row[0] not in records]


def numbered_rows(frame: pl.DataFrame, records: Offsets) -> list[Row]:
    """Return the first rows with their record numbers, as they were loaded, long texts cut."""
    first = frame.head(PREVIEW_ROWS).rows()
    shown = [
        {name: text and text[:PREVIEW_CHARACTERS] for name, text in zip(frame.columns, row, strict=True)}
        for row in first
    ]
    return list(zip(records[:PREVIEW_ROWS].tolist(), shown, strict=True))
