"""One chunk on its way: shape, parse, read, check, judge, and the transaction that loads it."""

import random
import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl
import psycopg

from processor import load, records, validate
from processor.database import transaction
from processor.database.sqlstates import job_error
from processor.errors import DatabaseBusy, DatabaseUnavailable, RowAccounting
from processor.model import Change, Checked, Chunk, ChunkCommit, Job, Rejections, RowCounts, Rows
from processor.queue import ledger
from processor.run.artifacts.formulas import unguarded
from processor.run.chunks.progress import Progress
from processor.run.chunks.rejections import joined, numbered, of_refusals
from processor.run.opening import Opened
from processor.run.sinks import Written
from processor.run.stop_signal import StopSignal
from processor.storage import Source
from processor.validate.shape import Shape, judge_shape

# How often a chunk is tried again after a deadlock before the attempt is given up.
BUSY_TRIES = 6


class Loader:
    """Loads chunks of one attempt on a connection of its own.

    `idle_seconds` is how long a transaction may be idle.
    """

    def __init__(
        self,
        conn: psycopg.Connection,
        job: Job,
        source: Source,
        opened: Opened,
        progress: Progress,
        held: StopSignal,
        idle_seconds: int,
    ) -> None:
        self.conn, self.job, self.source, self.opened, self.progress = conn, job, source, opened, progress
        self.held, self.idle_seconds = held, idle_seconds

    def load(self, chunk: Chunk) -> pl.DataFrame:
        """Validate a chunk and load it, in one transaction with its ledger entry; return the rows that are in.

        The first try writes all rows at once. If Postgres refuses a row, the types that were left to it are asked
        about, and the next try isolates what is left, once all chunks before it are in: a row may be refused for one
        that comes earlier in the file.
        Raises: JobError, psycopg.Error; DatabaseUnavailable when the connection is broken, since a row's refusal that
        was on its way when the server went down would else count as the job's own fault.
        """
        try:
            loaded = self._load(chunk)
            if figures := self.progress.figures():
                ledger.keep_figures(self.conn, self.job, chunk.position.seq, figures)
            return loaded
        except psycopg.Error as exc:
            if self.conn.broken:
                raise DatabaseUnavailable("the connection to the database was lost") from exc
            raise

    def _load(self, chunk: Chunk) -> pl.DataFrame:
        shape, rows, rejections, changes = self.validated(chunk)
        if self.opened.sink.tries:
            try:
                return self.commit(chunk, shape, rows, rejections, changes, isolating=False)
            except psycopg.Error as exc:
                if self.conn.broken or not self.opened.sink.mends(exc):
                    raise
            self.progress.turns.wait(chunk.position.seq)
        doubts = validate.opaque_doubts(rows, self.opened.plan)
        rows, found = self.settle(Checked(rows, doubts, Rejections()))
        return self.commit(chunk, shape, rows, joined(rejections, found), changes, isolating=True)

    def validated(self, chunk: Chunk) -> tuple[Shape, Rows, Rejections, Sequence[Change]]:
        """Return a chunk's rows that are good as far as can be told without loading them, and the others' reasons."""
        plan, dialect, report = self.opened.plan, self.opened.dialect, self.progress.report
        shape = judge_shape(chunk, plan.width)
        with report.timed("parse"):
            index = np.flatnonzero(shape.keep)
            frame = validate.parse(records.clean(chunk, shape.keep, dialect), plan, dialect, len(index))
            rows = Rows(unguarded(frame) if self.opened.guarded else frame, index, ascii_only=chunk.data.isascii())
        with report.timed("read"):
            read = validate.transform(rows, plan)
        with report.timed("check"):
            rows, found = self.settle(validate.check(read.rows, plan, read.rejections))
        return shape, rows, joined(shape.rejections, found), read.changes

    def settle(self, checked: Checked) -> tuple[Rows, Rejections]:
        """Ask Postgres about the doubts and apply its verdicts."""
        return validate.settle(checked, load.judge(self.conn, checked.doubts))

    def commit(
        self,
        chunk: Chunk,
        shape: Shape,
        rows: Rows,
        rejections: Rejections,
        changes: Sequence[Change],
        *,
        isolating: bool,
    ) -> pl.DataFrame:
        """Load rows, rejections and the ledger entry together; again after a deadlock, which no user need see.

        A deadlock is most often one with another loader of this job, over the same keys: from then on they take turns.
        """
        tries = 1
        while True:
            if self.progress.cautious:
                self.progress.turns.wait(chunk.position.seq)
            try:
                with self.progress.report.timed("load"):
                    return self._committed(chunk, shape, rows, rejections, changes, isolating=isolating)
            except psycopg.Error as exc:
                if self.conn.broken or tries >= BUSY_TRIES or not isinstance(job_error(exc), DatabaseBusy):
                    raise
                self.held.check()
                self.progress.cautious = True
                time.sleep(random.uniform(0, 0.1 * 2**tries))  # noqa: S311 - jitter, not a secret
                tries += 1

    def _committed(
        self,
        chunk: Chunk,
        shape: Shape,
        rows: Rows,
        rejections: Rejections,
        changes: Sequence[Change],
        *,
        isolating: bool,
    ) -> pl.DataFrame:
        seq = chunk.position.seq
        with self.progress.room() as room, transaction.loading(self.conn, self.job.id, self.idle_seconds):
            written = self.opened.sink.write(self.conn, rows, chunk, partial(self.turn, seq), isolating=isolating)
            loaded = without(rows, written.refused)
            everything = joined(rejections, of_refusals(written.refused, rows))
            tally = tallied(chunk, shape, loaded.frame, everything, written)
            first = self.progress.preview.taken(seq, loaded.frame, loaded.index + chunk.position.record)
            shown = self.progress.preview.including(seq, first)
            outcome = ChunkCommit(
                chunk,
                tally,
                self.bytes_read(chunk),
                numbered(chunk, everything),
                room.take(tally.rejected),
                shown,
                self.opened.chunk_bytes,
            )
            ledger.commit_chunk(self.conn, self.job, outcome)
        self.progress.show(seq, first, shown)
        self.progress.turns.done(seq)
        self.progress.add(seq, tally, loaded, everything, changes, written)
        return loaded.frame

    def turn(self, seq: int) -> None:
        """Wait for the chunk's turn within its transaction, which holds no lock yet and may be idle for any time."""
        transaction.idle(self.conn, 0)
        self.progress.turns.wait(seq)
        transaction.idle(self.conn, self.idle_seconds)

    def bytes_read(self, chunk: Chunk) -> int:
        """Return how far into the file a chunk reaches; where its bytes are not the text's, how far was downloaded."""
        dialect = self.opened.dialect
        if dialect.is_plain:
            return chunk.next.offset + dialect.bom_bytes
        return self.source.position


def tallied(chunk: Chunk, shape: Shape, loaded: pl.DataFrame, everything: Rejections, written: Written) -> RowCounts:
    """Sum a chunk up.

    Raises: RowAccounting unless every record counted from the bytes is loaded, rejected or skipped.
    """
    passed = written.passed
    tally = RowCounts(loaded.height - passed, len(everything.rows), shape.skipped + passed, passed)
    if tally.read != chunk.records:
        raise RowAccounting(f"{tally.read} rows came of {chunk.records} records")
    return tally


def without(rows: Rows, refused: Sequence[load.DatabaseRejection]) -> Rows:
    """Return the rows that Postgres took."""
    if not refused:
        return rows
    keep = np.ones(rows.frame.height, dtype=np.bool_)
    keep[[each.row for each in refused]] = False
    return rows.kept(keep)
