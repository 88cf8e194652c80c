"""One chunk on its way: shape, parse, read, check, judge, and the transaction that loads it."""

import random
import time
from collections.abc import Sequence

import numpy as np
import polars as pl
import psycopg

from processor import jobs, load, records, validate
from processor.errors import DatabaseBusy, RowAccounting
from processor.flow import Change, Checked, Chunk, Rejections, Rows
from processor.jobs import Job, Outcome, Tally
from processor.report import Report, preview
from processor.run.guard import unguarded
from processor.run.opening import Opened
from processor.run.rejections import joined, numbered, of_refusals
from processor.shape import Shape, judge_shape
from processor.sqlstates import job_error
from processor.storage import Source

# How often a chunk is tried again after a deadlock before the attempt is given up.
BUSY_TRIES = 6


class Loader:
    """Loads chunks of one attempt.

    `room` is how many rejected rows the user may still be shown, `idle_seconds` how long a transaction may be idle.
    """

    def __init__(
        self,
        conn: psycopg.Connection,
        job: Job,
        source: Source,
        opened: Opened,
        report: Report,
        room: int,
        idle_seconds: int,
    ) -> None:
        self.conn, self.job, self.source, self.opened, self.report = conn, job, source, opened, report
        self.room, self.idle_seconds = room, idle_seconds

    def load(self, chunk: Chunk) -> tuple[Tally, pl.DataFrame]:
        """Validate a chunk and load it, in one transaction with its ledger entry; return the rows that are in.

        The first try writes all rows at once. If Postgres refuses a row, the types that were left to it are asked
        about, and the next try isolates what is left.
        """
        shape, rows, rejections, changes = self.validated(chunk)
        if self.opened.sink.tries:
            try:
                return self.commit(chunk, shape, rows, rejections, changes, isolating=False)
            except psycopg.Error as exc:
                if self.conn.broken or not self.opened.sink.mends(exc):
                    raise
        doubts = validate.opaque_doubts(rows, self.opened.plan)
        rows, found = self.settle(Checked(rows, doubts, Rejections()))
        return self.commit(chunk, shape, rows, joined(rejections, found), changes, isolating=True)

    def validated(self, chunk: Chunk) -> tuple[Shape, Rows, Rejections, Sequence[Change]]:
        """Return a chunk's rows that are good as far as can be told without loading them, and the others' reasons."""
        plan, dialect = self.opened.plan, self.opened.dialect
        shape = judge_shape(chunk, plan.width)
        with self.report.timed("parse"):
            index = np.flatnonzero(shape.keep)
            frame = validate.parse(records.clean(chunk, shape.keep, dialect), plan, dialect, len(index))
            rows = Rows(unguarded(frame) if self.opened.guarded else frame, index)
        with self.report.timed("read"):
            read = validate.transform(rows, plan)
        with self.report.timed("check"):
            rows, found = self.settle(validate.check(read.rows, plan, read.rejections))
        return shape, rows, joined(shape.rejections, found), read.changes

    def replayed(self, chunk: Chunk, rejected: frozenset[int]) -> pl.DataFrame:
        """Return the rows of a chunk that is in already; `rejected` are the numbers of the records that are not."""
        _, rows, _, _ = self.validated(chunk)
        keep = ~np.isin(rows.index + chunk.position.record, list(rejected))
        return rows.frame.filter(pl.Series(keep))

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
    ) -> tuple[Tally, pl.DataFrame]:
        """Load rows, rejections and the ledger entry together; again after a deadlock, which no user need see."""
        tries = 1
        while True:
            try:
                with self.report.timed("load"), self.conn.transaction():
                    load.begin(self.conn, self.job.id, self.idle_seconds)
                    written = self.opened.sink.write(self.conn, rows, chunk, isolating)
                    loaded = without(rows.frame, written.refused)
                    everything = joined(rejections, of_refusals(written.refused, rows))
                    outcome = self.outcome(chunk, shape, loaded, everything, written.passed)
                    jobs.commit_chunk(self.conn, self.job, outcome)
            except psycopg.Error as exc:
                if self.conn.broken or tries >= BUSY_TRIES or not isinstance(job_error(exc), DatabaseBusy):
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**tries))  # noqa: S311 - jitter, not a secret
                tries += 1
            else:
                self.room = max(self.room - outcome.tally.rejected, 0)
                with self.report.timed("report"):
                    self.report.add(loaded, everything, changes)
                    self.report.pass_over(written.passed, written.repeated)
                return outcome.tally, loaded

    def outcome(self, chunk: Chunk, shape: Shape, loaded: pl.DataFrame, everything: Rejections, passed: int) -> Outcome:
        """Sum a chunk up.

        Raises: RowAccounting unless every record counted from the bytes is loaded, rejected or skipped.
        """
        tally = Tally(loaded.height - passed, len(everything.rows), shape.skipped + passed, passed)
        if tally.read != chunk.records:
            raise RowAccounting(f"{tally.read} rows came of {chunk.records} records")
        first = preview(loaded) if chunk.position.seq == 0 else None
        return Outcome(chunk, tally, self.bytes_read(chunk), numbered(chunk, everything), self.room, first)

    def bytes_read(self, chunk: Chunk) -> int:
        """Return how far into the file a chunk reaches; where its bytes are not the text's, how far was downloaded."""
        dialect = self.opened.dialect
        if dialect.compression is None and dialect.encoding == "utf-8":
            return chunk.next.offset + dialect.bom_bytes
        return self.source.position


def without(frame: pl.DataFrame, refused: Sequence[load.Refusal]) -> pl.DataFrame:
    """Return the rows that Postgres took."""
    if not refused:
        return frame
    keep = np.ones(frame.height, dtype=np.bool_)
    keep[[each.row for each in refused]] = False
    return frame.filter(pl.Series(keep))
