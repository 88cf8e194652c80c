"""What the ledger holds of a chunk: its extent, its row counts and its rejected records."""

from dataclasses import dataclass
from typing import Any

from processor.model.chunk import Chunk, Position
from processor.model.rejections import RejectedRecords


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many records were loaded, rejected and skipped.

    `skipped` counts blank lines and rows that the target's mode skips; `skipped_by_mode` counts the latter alone.
    """

    loaded: int = 0
    rejected: int = 0
    skipped: int = 0
    skipped_by_mode: int = 0

    @property
    def read(self) -> int:
        """The number of all records that were read."""
        return self.loaded + self.rejected + self.skipped

    def __add__(self, other: "RowCounts") -> "RowCounts":
        return RowCounts(
            self.loaded + other.loaded,
            self.rejected + other.rejected,
            self.skipped + other.skipped,
            self.skipped_by_mode + other.skipped_by_mode,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A committed chunk: `next` is where the following chunk starts, `chunk_bytes` the size by which the file is cut.

    `figures` are the report's figures so far; at most one entry of a job has them.
    """

    seq: int
    byte_start: int
    next: Position
    counts: RowCounts
    chunk_bytes: int = 0
    figures: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkCommit:
    """What a chunk's transaction writes besides its rows.

    `rejected` are all rejected records of the chunk; the job's owner sees the first `kept` of them. `preview` is None
    where the chunk adds nothing to it.
    """

    chunk: Chunk
    counts: RowCounts
    bytes_read: int
    rejected: RejectedRecords
    kept: int
    preview: list[dict[str, Any]] | None
    chunk_bytes: int = 0
