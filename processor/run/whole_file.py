"""Import a small file in one transaction: its rows, its ledger entry and the end of the job."""

import time
from typing import Any

import psycopg

from processor import metrics, records, traces
from processor.database.transaction import loading
from processor.errors import JobError
from processor.model import Chunk, Dialect, RowCounts, Target
from processor.queue.whole_files import commit_file
from processor.report import Preview, Report
from processor.run.chunks.defaults import DefaultValues
from processor.run.chunks.progress import count
from processor.run.chunks.validate import ChunkValidator, ValidatedChunk
from processor.run.chunks.write import count_rows
from processor.run.context import AttemptContext
from processor.run.opened_file import OpenedFile
from processor.run.text import Download
from processor.storage import Source


class NotAtOnce(Exception):
    """Something of the file is rejected, or there is no row: the steps of larger files decide what that means."""


def may_go_at_once(context: AttemptContext, target: Target, download: Download, dialect: Dialect) -> bool:
    """Return whether to try it: the file is one chunk, nobody has opened it before, and it has no artifact or stage."""
    job = context.job
    return (
        job.fresh
        and not job.stages
        and target.mode != "none"
        and not job.options.get("output")
        and isinstance(context.source, Source)
        and download.complete
        and dialect.compression is None
        and download.size <= context.config.chunk_bytes
    )


class WholeFile:
    """A file that may go at once, opened on the attempt's connection, which is in autocommit mode."""

    def __init__(self, conn: psycopg.Connection, context: AttemptContext, opened: OpenedFile) -> None:
        self._conn, self._context, self._opened = conn, context, opened
        # Where the file does not go at once, its rows must not be in the attempt's own report.
        self._report = Report(seconds=dict(context.report.seconds))
        self._report.begin(opened.plan)

    def load(self) -> bool:
        """Complete the job if all rows of the file are valid and accepted; else write nothing, and return False.

        The steps of larger files find out what is wrong with a file, also where the error concerns no row.
        Raises: psycopg.Error when the connection is broken, LeaseLost, StopRequested.
        """
        self._context.stop.check()
        started = time.monotonic()
        try:
            counts = self._write(self._validated())
        except (NotAtOnce, JobError):
            self._context.stop.check()
            return False
        except psycopg.Error as exc:
            self._context.stop.check()
            if self._conn.broken:
                raise
            self._opened.sink.can_isolate(exc)
            return False
        metrics.chunk_written(time.monotonic() - started)
        traces.chunk(started, seq=0, rows=counts.loaded, rejected=0)
        return True

    def _validated(self) -> ValidatedChunk:
        """Return the file's only chunk, all of whose rows are valid.

        Raises: NotAtOnce, JobError, psycopg.Error.
        """
        opened = self._opened
        cut = records.cut(
            opened.text, opened.dialect, opened.start, self._context.limits, opened.sizes, width=opened.plan.width
        )
        with self._report.timed("fetch and cut"):
            chunks = list(records.with_footer(cut, opened.dialect))
        if len(chunks) != 1:
            raise NotAtOnce
        validated = ChunkValidator(opened, self._report).validate(self._conn, chunks[0])
        if validated.rejections.records.size or not validated.rows.frame.height:
            raise NotAtOnce
        return validated

    def _write(self, validated: ValidatedChunk) -> RowCounts:
        """Write the rows and complete the job; return the counts of its records.

        Raises: NotAtOnce, JobError, psycopg.Error.
        """
        job, chunk = self._context.job, validated.chunk
        with loading(self._conn, job.id, self._context.idle_seconds, token=job.token):
            with self._report.timed("load"):
                rows = DefaultValues(job).fill(self._conn, validated.rows)
                result = self._opened.sink.write(self._conn, rows, chunk, in_turn, isolating=None)
            if result.rejected.records.size:
                raise NotAtOnce
            counts = count_rows(validated, rows, validated.rejections, result, 0)
            with self._report.timed("report"):
                self._report.add(rows, validated.rejections, validated.changes)
                self._report.skip(counts.skipped_by_mode, result.superseded)
                self._report.count_no_rows(validated.no_rows)
            preview = Preview()
            first_rows = preview.first_rows(0, rows.frame, rows.index + chunk.position.record)
            self._commit(chunk, counts, preview.with_chunk(0, first_rows))
        count(counts, validated.rejections)
        return counts

    def _commit(self, chunk: Chunk, counts: RowCounts, preview: list[dict[str, Any]] | None) -> None:
        job, opened, identity = self._context.job, self._opened, self._context.source.identified()
        commit_file(
            self._conn,
            job,
            chunk,
            counts,
            etag=identity.etag,
            size=identity.size,
            dialect=opened.dialect.as_json(),
            chunk_bytes=opened.chunk_bytes,
            preview=preview,
            sha256=opened.digest.hexdigest,
            report=self._report.as_json(opened.plan, opened.dialect, mode_skips=job.mode_skips),
        )


def in_turn() -> None:
    """Return at once: no other chunk comes before the only one."""
