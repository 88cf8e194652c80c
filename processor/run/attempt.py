"""The attempt itself: open, load chunk after chunk, finish."""

import random
import time
from collections.abc import Callable

import httpx
import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from processor import jobs, load, records, validate
from processor.ahead import ahead
from processor.config import Config
from processor.errors import DatabaseBusy, RowAccounting
from processor.flow import Checked, Chunk, Limits, Rejections, Rows
from processor.jobs import Job, Tally
from processor.report import Report
from processor.run.held import Held
from processor.run.opening import Opened, open_file
from processor.run.rejections import check_count, check_end, joined, numbered, of_refusals
from processor.shape import judge_shape
from processor.sqlstates import is_about_a_row, job_error
from processor.storage import Source

Copy = Callable[[psycopg.Connection, sql.Composed, pl.DataFrame], list[load.Refusal]]

# The first chunks are small, so that progress shows at once; boundaries depend on the number of the chunk alone.
RAMP = (256 * 1024, 1 << 20, 4 << 20)
# How often a chunk is tried again after a deadlock before the attempt is given up.
BUSY_TRIES = 6
# Rejected rows kept per job; the rest is counted by code in the report.
KEPT_ERRORS = 10_000


class Attempt:
    """One attempt at a job. `conn` is in autocommit mode and the attempt's own."""

    def __init__(self, job: Job, conn: psycopg.Connection, http: httpx.Client, config: Config, held: Held) -> None:
        self.job, self.conn, self.config, self.held = job, conn, config, held
        self.source = Source(http, job.bucket_id, job.object_path, config.max_file_bytes)
        self.limits = Limits(config.max_record_bytes, config.max_field_bytes)
        self.report = Report()
        self.kept = 0

    def run(self) -> None:
        """Import the file.

        Raises: JobError for whatever ends the attempt, psycopg.Error for the database, Stopped on a shut-down.
        """
        with self.report.timed("open"):
            opened = open_file(self.conn, self.job, self.source, self.limits)
        tally = self.load_all(opened)
        check_end(tally, self.job.options)
        self.finish(opened, tally)

    def finish(self, opened: Opened, tally: Tally) -> None:
        """Complete the job; what is staged goes into the target in the same transaction."""
        with self.conn.transaction():
            with self.report.timed("finish"):
                refused = opened.sink.close(self.conn, self.job, tally.read)
            tally = tally.plus(Tally(-refused, refused, 0))
            check_count(tally, self.job.options)
            check_end(tally, self.job.options)
            report = self.report.as_json(opened.plan)
            jobs.finish(self.conn, self.job, tally.read, opened.digest.whole, self.report.preview, report)

    def load_all(self, opened: Opened) -> Tally:
        """Load every chunk that is not in; return what became of all records, those of earlier attempts included."""
        tally = Tally()
        for seq in range(opened.start.seq):
            tally = tally.plus(opened.ledger[seq].tally)
        self.kept = tally.rejected
        check_count(tally, self.job.options)
        chunks = records.cut(opened.text, opened.dialect, opened.start, self.limits, self.chunk_bytes)
        for chunk in ahead(chunks, check=self.held.check):
            self.held.check()
            entry = opened.ledger.get(chunk.position.seq)
            tally = tally.plus(entry.tally if entry else self.load(chunk, opened))
            check_count(tally, self.job.options)
        self.held.check()
        return tally

    def chunk_bytes(self, seq: int) -> int:
        """Return how large the chunk of this number is to be; the same on every attempt."""
        return min(RAMP[seq], self.config.chunk_bytes) if seq < len(RAMP) else self.config.chunk_bytes

    def load(self, chunk: Chunk, opened: Opened) -> Tally:
        """Validate a chunk and load it, in one transaction with its ledger entry.

        The first try is a plain COPY. If Postgres refuses a row, the types that were left to it are asked about, and
        the next try isolates what is left.
        """
        shape = judge_shape(chunk, opened.plan.width)
        with self.report.timed("parse"):
            index = np.flatnonzero(shape.keep)
            body = records.clean(chunk, shape.keep, opened.dialect)
            rows = Rows(validate.parse(body, opened.plan, opened.dialect, len(index)), index)
        with self.report.timed("read"):
            read = validate.transform(rows, opened.plan)
        with self.report.timed("check"):
            rows, found = self.settle(validate.check(read.rows, opened.plan, read.rejections))
        rejections = joined(shape.rejections, found)
        try:
            return self.commit(chunk, opened, rows, rejections, shape.skipped, load.copy)
        except psycopg.Error as exc:
            if self.conn.broken or not is_about_a_row(exc):
                raise
        doubts = validate.opaque_doubts(rows, opened.plan)
        rows, found = self.settle(Checked(rows, doubts, Rejections()))
        return self.commit(chunk, opened, rows, joined(rejections, found), shape.skipped, load.copy_isolating)

    def settle(self, checked: Checked) -> tuple[Rows, Rejections]:
        """Ask Postgres about the doubts and apply its verdicts."""
        return validate.settle(checked, load.judge(self.conn, checked.doubts))

    def commit(
        self, chunk: Chunk, opened: Opened, rows: Rows, rejections: Rejections, skipped: int, copy: Copy
    ) -> Tally:
        """Load rows, rejections and the ledger entry together; again after a deadlock, which no user need see."""
        tries = 1
        while True:
            try:
                with self.report.timed("load"), self.conn.transaction():
                    load.begin(self.conn)
                    refused = copy(self.conn, opened.sink.statement, opened.sink.shaped(rows, chunk))
                    everything = joined(rejections, of_refusals(refused, rows))
                    tally = Tally(rows.frame.height - len(refused), len(everything.rows), skipped)
                    if tally.read != chunk.records:
                        raise RowAccounting(f"{tally.read} rows came of {chunk.records} records")
                    kept = numbered(chunk, everything, KEPT_ERRORS - self.kept)
                    jobs.commit_chunk(self.conn, self.job, chunk, tally, opened.dialect.bom_bytes, kept)
            except psycopg.Error as exc:
                if self.conn.broken or tries >= BUSY_TRIES or not isinstance(job_error(exc), DatabaseBusy):
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**tries))  # noqa: S311 - jitter, not a secret
                tries += 1
            else:
                self.kept += len(kept)
                self.report.add(without(rows.frame, refused), everything)
                return tally


def without(frame: pl.DataFrame, refused: list[load.Refusal]) -> pl.DataFrame:
    """Return the rows that Postgres took."""
    if not refused:
        return frame
    gone = {each.row for each in refused}
    return frame.filter(pl.Series([at not in gone for at in range(frame.height)], dtype=pl.Boolean))
