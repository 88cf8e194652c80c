"""The preview: the first loaded rows of a file, gathered from chunks that are committed in any order. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from processor.model import Offsets

PREVIEW_ROWS = 20
# The beginning of a long text is enough for a preview; with this limit, 20 rows of 50 columns stay under 300 kB.
PREVIEW_CHARACTERS = 300
# Rows of this many chunks are held while an earlier chunk is not committed. If that chunk takes longer, the rows are
# read from the file again.
CHUNKS_AHEAD = 64

Row = tuple[int, dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class Preview:
    """The first rows of a file with their record numbers.

    `known` is False for an attempt that resumes a job: it has not seen the first chunks of the file.
    """

    known: bool = True
    _rows: list[Row] = field(default_factory=list[Row])
    _next: int = 0
    # Rows of chunks that were committed before an earlier chunk of the file.
    _early: dict[int, Sequence[Row]] = field(default_factory=dict[int, Sequence[Row]])
    # The preview that the job's row has.
    _written: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The first rows of the chunks before the first chunk that is missing."""
        return [row for _, row in self._rows[:PREVIEW_ROWS]]

    @property
    def stale(self) -> bool:
        """Whether the preview in the job's row differs from this one."""
        return self._written != self.rows

    def is_complete(self, loaded: int) -> bool:
        """Return whether the preview has all its rows, for a job that loaded so many rows."""
        return len(self.rows) >= min(PREVIEW_ROWS, loaded)

    def first_rows(self, seq: int, frame: pl.DataFrame, records: Offsets) -> Sequence[Row]:
        """Return the rows of a chunk that the preview may need, none once the preview is full.

        `records` (shape: rows) has the record number of each row of `frame`.
        """
        if not self.known or len(self._rows) >= PREVIEW_ROWS or not self._next <= seq < self._next + CHUNKS_AHEAD:
            return ()
        return numbered_rows(frame, records)

    def with_chunk(self, seq: int, rows: Sequence[Row]) -> list[dict[str, Any]] | None:
        """Return the preview as it will be once the chunk is committed.

        The result is None when the chunk adds nothing, or when a chunk before it is missing.
        """
        if seq != self._next or not rows or len(self._rows) >= PREVIEW_ROWS:
            return None
        joined = [*self._rows, *rows]
        while (seq := seq + 1) in self._early:
            joined += self._early[seq]
        return [row for _, row in joined[:PREVIEW_ROWS]]

    def add(self, seq: int, rows: Sequence[Row], written: list[dict[str, Any]] | None) -> None:
        """Add the rows of a committed chunk; `written` is the preview that its transaction wrote, if it wrote one."""
        self._written = self._written if written is None else written
        if not self.known or len(self._rows) >= PREVIEW_ROWS or seq >= self._next + CHUNKS_AHEAD:
            return
        self._early[seq] = rows
        while self._next in self._early and len(self._rows) < PREVIEW_ROWS:
            self._rows += self._early.pop(self._next)
            self._next += 1

    def replace(self, rows: Sequence[Row]) -> None:
        """Set the rows of the preview, which are the first rows of the file."""
        self.known, self._rows, self._early = True, list(rows), {}

    def remove(self, records: Collection[int]) -> None:
        """Remove rows, by their record numbers, that were rejected after their chunk was committed."""
        self._rows = [row for row in self._rows if row[0] not in records]


def numbered_rows(frame: pl.DataFrame, records: Offsets) -> list[Row]:
    """Return the first rows of a frame as they were loaded, with their record numbers; long texts are cut."""
    first = frame.head(PREVIEW_ROWS).rows()
    rows = [
        {name: text and text[:PREVIEW_CHARACTERS] for name, text in zip(frame.columns, row, strict=True)}
        for row in first
    ]
    return list(zip(records[:PREVIEW_ROWS].tolist(), rows, strict=True))
