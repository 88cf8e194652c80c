"""The end of an attempt: artifacts, late rejections, and the transaction that completes the job."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import psycopg

from processor import records
from processor.database.connection import unavailable_if_broken
from processor.database.transaction import loading
from processor.errors import TooManyRejected
from processor.load import DatabaseRejection, in_columns, single_rejections
from processor.model import ArtifactPaths, RejectedRecords, Rejections, RowCounts
from processor.queue import claims, ledger, staging
from processor.queue.first_rejection import first_rejection
from processor.run.artifacts.errors_csv import write_errors
from processor.run.artifacts.normalised_csv import NormalisedCsv
from processor.run.artifacts.paths import path_or_none
from processor.run.chunks.progress import Progress
from processor.run.chunks.rejections import explained, numbered
from processor.run.context import AttemptContext
from processor.run.error_limit import check_error_limit, check_whole_file, rejections_to_failure
from processor.run.first_bad_row import first_bad_row, first_refused
from processor.run.opened_file import OpenedFile
from processor.run.resume.earlier_chunks import EarlierChunks
from processor.run.sinks import DryRunOutcome, SinkResult
from processor.run.text import text_from_beginning

# How often completing the job is tried when the target rejects rows that it accepted a moment before, or that were not
# foreseen.
TRIES = 4
# Of a file with so many rows, the beginning is looked at before all are written.
LARGE_ROWS = 50_000


class Finisher:
    """Completes one attempt. `conn` is in autocommit mode."""

    def __init__(
        self,
        conn: psycopg.Connection,
        context: AttemptContext,
        opened: OpenedFile,
        progress: Progress,
        earlier: EarlierChunks,
    ) -> None:
        self._conn, self._context, self._opened = conn, context, opened
        self._progress, self._earlier = progress, earlier
        # Rows that a dry run skipped; the transaction that completes the job counts them.
        self._skipped_by_dry_run = 0
        self._outcome: DryRunOutcome | None = None
        # The records of staged rows that were rejected, and that the normalised file may still have.
        self._rejected_late: set[int] = set()

    def finish(self, counts: RowCounts, output: NormalisedCsv | None) -> None:
        """Complete the job; staged rows that the target does not accept are rejected first.

        Raises: TooManyRejected, AllRejected, NoDataRows, psycopg.Error.
        """
        context, opened = self._context, self._opened
        opened.digest.drain()
        self._earlier.complete_figures()
        if opened.sink.checks_before_completing or self._refuses_early(counts.read):
            counts = self._reject_late(counts)
        for tries_left in reversed(range(TRIES)):
            check_error_limit(counts, context.job.options)
            check_whole_file(counts, context.job.options)
            paths = ArtifactPaths(self._write_errors() if counts.rejected else None, self._upload(output))
            self._earlier.complete_preview(counts.loaded)
            try:
                self._complete(counts, paths)
            except psycopg.Error as exc:
                if self._conn.broken or not opened.sink.can_isolate(exc) or not tries_left:
                    raise
                counts = self._reject_late(counts, some=True)
            else:
                return

    def _upload(self, output: NormalisedCsv | None) -> str | None:
        """Upload the normalised file, without the rows that were rejected late; return its path."""
        if output is None:
            return None
        with self._context.report.timed("artifacts"):
            output.remove(self._rejected_late)
            self._rejected_late.clear()
            return path_or_none(lambda: output.upload(self._context.job, self._context.artifacts))

    def _write_errors(self) -> str | None:
        with self._context.report.timed("artifacts"):
            return path_or_none(lambda: write_errors(self._conn, self._context, self._opened))

    def _complete(self, counts: RowCounts, paths: ArtifactPaths) -> None:
        """Move the staged rows into the target and set the job completed, in one transaction."""
        job, report, opened = self._context.job, self._context.report, self._opened
        with self._writing() as conn:
            with report.timed("finish"):
                skipped = opened.sink.complete(conn, job)
            self._skip(conn, skipped + self._skipped_by_dry_run)
            if self._progress.preview.stale:
                ledger.keep_preview(conn, job, self._progress.preview.rows)
            claims.finish(
                conn,
                job,
                records=counts.read,
                sha256=opened.digest.hexdigest,
                report=report.as_json(opened.plan, opened.dialect, mode_skips=job.mode_skips) | self._dry_run(counts),
                paths=paths,
            )

    def _dry_run(self, counts: RowCounts) -> dict[str, Any]:
        """Return the part of the report that says what a dry run would have done; empty for all other jobs."""
        if self._outcome is None:
            return {}
        return {"dry_run": asdict(self._outcome) | {"skipped": counts.skipped, "rejected": counts.rejected}}

    @contextmanager
    def _writing(self, *, keep: bool = True) -> Generator[psycopg.Connection]:
        """Open the transaction in which staged rows go into the target, on the connection that may write them.

        Raises: PoolTimeout, psycopg.Error; DatabaseUnavailable when the connection is broken.
        """
        job, idle_seconds = self._context.job, self._context.idle_seconds
        with (
            self._context.connections.writer(self._conn) as conn,
            unavailable_if_broken(conn),
            loading(conn, job.id, idle_seconds, token=job.token, keep=keep),
        ):
            if conn is not self._conn:
                staging.lend_staging_table(conn, job)
            yield conn

    def _skip(self, conn: psycopg.Connection, rows: int) -> None:
        """Count staged rows that the target's mode skipped, in the transaction that moved the others."""
        if rows:
            staging.skip_staged_rows(conn, self._context.job, rows)
            self._context.report.skip(rows, 0)

    def _reject_late(self, counts: RowCounts, *, some: bool = False) -> RowCounts:
        """Find the staged rows that the target does not accept and count them as rejected, even if the job fails.

        `some` says that there are some.
        """
        job, sink, idle_seconds = self._context.job, self._opened.sink, self._context.idle_seconds
        limit = rejections_to_failure(counts, job.options)
        with self._writing(keep=False) as conn:
            foreseen = sink.foresee_rejected(conn, job, counts.read, limit)
        if foreseen is None or (some and not foreseen.rejected.records.size):
            foreseen = self._find_rejected(counts.read, limit)
        result = foreseen
        rejected = result.rejected
        if job.aborts and rejected.records.size:
            rejected = in_columns([self._first_of(single_rejections(rejected))])
        self._outcome = result.outcome
        skipped = result.skipped if job.options.get("dry_run") else 0
        self._skipped_by_dry_run += skipped
        numbers = rejected.distinct()
        parts = self._numbered(rejected)
        with loading(self._conn, job.id, idle_seconds):
            self._reject(parts, self._context.config.kept_errors - counts.rejected)
            if numbers.size:
                self._drop_from_preview(frozenset(numbers.tolist()))
        self._rejected_late.update(numbers.tolist())
        self._context.report.reject_late(rejected)
        return counts + RowCounts(-numbers.size - skipped, numbers.size, skipped, skipped)

    def _refuses_early(self, last_record: int) -> bool:
        """Return whether staged rows at the beginning of the file are refused, so that all are looked at first."""
        if not self._opened.sink.starts_over or last_record < LARGE_ROWS:
            return False
        with self._context.report.timed("finish"), self._writing(keep=False) as conn:
            return self._opened.sink.refuses_early(conn, last_record)

    def _find_rejected(self, last_record: int, limit: int | None) -> SinkResult:
        """Return the staged rows that the target does not accept, by writing them."""
        with self._writing(keep=False) as conn:
            return self._opened.sink.find_rejected(conn, self._context.job, last_record, limit)

    def _first_of(self, rejected: Sequence[DatabaseRejection]) -> DatabaseRejection:
        """Return the first row that the target does not accept, when it has rejected these."""
        first = min(rejected, key=lambda rejection: rejection.row)
        return self._first_refused(first.row - 1) or first

    def _first_refused(self, last_record: int) -> DatabaseRejection | None:
        """Return the first staged row, up to a record, that the target does not accept; None where there is none."""
        return first_refused(lambda: self._writing(keep=False), self._opened.sink, self._context.job, last_record)

    def first_bad_row(self, error: TooManyRejected) -> TooManyRejected:
        """Return the error that names the first bad row of a file that ended with `error`.

        A row before the one that ended the job may be one that only the target rejects. It is rejected as well.
        Raises: psycopg.Error, PoolTimeout, DatabaseUnavailable.
        """
        job = self._context.job
        known = first_rejection(self._conn, job)
        if known is None:
            return error
        if earlier := self._first_refused(known.record - 1):
            rejected = in_columns([earlier])
            parts = self._numbered(rejected)
            with loading(self._conn, job.id, self._context.idle_seconds):
                self._reject(parts, self._context.config.kept_errors)
            self._context.report.reject_late(rejected)
            known = first_rejection(self._conn, job) or known
        return first_bad_row(known)

    def _drop_from_preview(self, numbers: frozenset[int]) -> None:
        """Take rejected records out of the preview; one without numbers is replaced when the job completes."""
        preview = self._progress.preview
        preview.remove(numbers)
        if preview.stale or not preview.known:
            ledger.keep_preview(self._conn, self._context.job, preview.rows)

    def _reject(self, parts: Sequence[RejectedRecords], visible_left: int) -> None:
        """Count staged records as rejected; the owner sees the first `visible_left` of them."""
        for part in parts:
            self._opened.sink.reject(self._conn, self._context.job, part, visible_left)
            visible_left -= part.numbers.size

    def _numbered(self, rejected: Rejections) -> list[RejectedRecords]:
        """Read the file again for the lines and the texts of rejected records, which are given by their numbers.

        Return the records chunk by chunk.
        """
        parts: list[RejectedRecords] = []
        left = rejected.distinct().size
        if not left:
            return parts
        context, opened = self._context, self._opened
        reasons = tuple(explained(reason, context.job) for reason in rejected.reasons)
        text = text_from_beginning(context.source, opened.dialect, opened.first, context.limits)
        for chunk in records.cut(
            text, opened.dialect, opened.first, context.limits, opened.sizes, width=opened.plan.width
        ):
            rows = rejected.records - chunk.position.record
            inside = (rows >= 0) & (rows < chunk.records)
            if inside.any():
                of_chunk = Rejections(rows[inside], rejected.reason_of[inside], reasons)
                parts.append(numbered(chunk, Rejections.joined([of_chunk])))
                left -= parts[-1].numbers.size
            if not left:
                break
        return parts
