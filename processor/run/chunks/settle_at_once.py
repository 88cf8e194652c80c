"""Load all rows that wait for each other by one statement, whatever their order in the file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.database import transaction
from processor.model import RejectedRecords, Rejections, RowCounts, Rows
from processor.queue import waiting
from processor.queue.waiting import SelfReference, WaitingChunk
from processor.run.access.identity import acting
from processor.run.chunks.orphans import by_sets
from processor.run.chunks.progress import WrittenChunk
from processor.run.chunks.waiting_group import read_chunks, read_part
from processor.run.chunks.write import ChunkLoader
from processor.run.sinks.statements import LAST, RECORD
from processor.run.sinks.temp_table import TempTableSink
from processor.run.sinks.whole_stage import whole_stage

#: Called with rows that have been loaded, and with the numbers of their records.
Loaded = Callable[[Rows, npt.NDArray[np.int64]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedPart:
    """The waiting rows of a chunk, in a file, so that those of one chunk are in memory.

    `first` and `last` are record numbers, `certain` and `ascii_only` those of the rows.
    """

    place: WaitingChunk
    first: int
    last: int
    file: Path
    certain: frozenset[str]
    ascii_only: bool

    @property
    def left(self) -> Path:
        """The file with the numbers of the records that go on waiting."""
        return self.file.with_suffix(".npy")

    def rows(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        """Return the rows that do not wait any longer, and the numbers of their records."""
        frame = pl.read_ipc(self.file.read_bytes())
        numbers = frame.get_column(RECORD).to_numpy().astype(np.int64)
        keep = ~np.isin(numbers, np.load(self.left))
        rows = Rows(frame.drop(RECORD), numbers - self.place.position.record, self.certain, self.ascii_only)
        return rows.kept(keep), numbers[keep]


class WholeFamily:
    """Stages the waiting rows of all chunks, and loads those that no missing row cuts off, in one transaction.

    An attempt that is killed leaves everything to the next one. Nothing is rejected here: what is left waits.
    """

    def __init__(
        self, loader: ChunkLoader, stage: TempTableSink, references: Sequence[SelfReference], loaded: Loaded
    ) -> None:
        self._loader, self._conn, self._context = loader, loader.conn, loader.context
        self._stage, self._references, self._loaded = stage, references, loaded

    @classmethod
    def of(cls, loader: ChunkLoader, loaded: Loaded) -> "WholeFamily | None":
        """Return the family of a job; None where sets cannot say which rows are cut off.

        Raises: psycopg.Error.
        """
        references = loader.waiting.references(loader.conn)
        if not by_sets(references, tuple(field.column for field in loader.opened.plan.fields)):
            return None
        stage = whole_stage(loader.conn, loader.opened.sink)
        return None if stage is None else cls(loader, stage, references, loaded)

    def load(self, places: Sequence[WaitingChunk]) -> bool:
        """Load the rows; return whether a further look may find more.

        Raises: psycopg.Error, also for a row that the table refuses for another reason; JobError, StopRequested.
        """
        self._context.check_time()
        job, idle_seconds = self._context.job, self._context.idle_seconds
        with TemporaryDirectory() as name:
            with transaction.loading(self._conn, job.id, idle_seconds, token=job.token):
                transaction.idle(self._conn, 0)  # nothing is locked yet, and the file may come slowly
                self._conn.execute(self._stage.create)
                parts = [
                    self._staged(place, read_part(self._loader, chunk, place).rows, Path(name))
                    for chunk, place in zip(read_chunks(self._loader, places), places, strict=True)
                ]
                transaction.idle(self._conn, idle_seconds)
                again = waiting.keep_loadable_rows(self._conn, job, self._references)
                with acting(self._conn, self._stage.enter):
                    written = self._conn.execute(self._stage.statements.transfer(0, LAST)).rowcount
                counts = self._settle(parts, written)
            for part in parts:
                self._report(part, counts[part.place.position.seq])
        return again and any(count.read for count in counts.values())

    def _staged(self, place: WaitingChunk, rows: Rows, folder: Path) -> StagedPart:
        """Copy the waiting rows of a chunk into the stage, and into a file."""
        rows = self._loader.defaults.fill(self._conn, rows)
        numbers = rows.index + place.position.record
        frame = rows.frame.with_columns(pl.Series(RECORD, numbers))
        self._stage.copy.write(self._conn, frame, rows.certain)
        file = folder / f"{place.position.seq}.arrow"
        frame.write_ipc(file)
        return StagedPart(
            place=place,
            first=int(numbers[0]),
            last=int(numbers[-1]),
            file=file,
            certain=rows.certain,
            ascii_only=rows.ascii_only,
        )

    def _settle(self, parts: Sequence[StagedPart], written: int) -> dict[int, RowCounts]:
        """Enter the rows that wait no longer into the ledger; return the counts of each chunk.

        It is not known which rows the mode or a trigger has skipped: the last ones count as skipped.
        """
        for part in parts:
            np.save(part.left, waiting.left_records(self._conn, part.first, part.last))
        skipped = sum(part.place.rows - np.load(part.left).size for part in parts) - written
        counts: dict[int, RowCounts] = {}
        for part in reversed(parts):
            left = np.load(part.left)
            tried = part.place.rows - left.size
            left_out = min(tried, skipped)
            skipped -= left_out
            seq = part.place.position.seq
            counts[seq] = RowCounts(tried - left_out, 0, left_out, left_out)
            if tried:
                waiting.settle(
                    self._conn,
                    self._context.job,
                    seq,
                    waiting=left,
                    counts=counts[seq],
                    rejected=RejectedRecords(),
                    kept=0,
                )
        return counts

    def _report(self, part: StagedPart, counts: RowCounts) -> None:
        """Add the loaded rows of a chunk to what the report and the normalised file have."""
        if not counts.read:
            return
        rows, numbers = part.rows()
        self._loaded(rows, numbers)
        seq = part.place.position.seq
        self._loader.progress.add(WrittenChunk(seq=seq, rows=rows, rejections=Rejections(), changes=(), counts=counts))
