"""One attempt at one job: open the file, load it, finish, and say how the attempt ended."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolTimeout

from processor import log, traces
from processor.database.connection import unavailable_if_broken
from processor.database.sqlstates import job_error
from processor.errors import DatabaseUnavailable, Defect, JobError, LeaseLost, TooManyRejected
from processor.log import event
from processor.model import RowCounts, Target
from processor.queue import claims
from processor.run.access.permission import check_permission
from processor.run.artifacts.normalised_csv import NormalisedCsv
from processor.run.chunks.order import ChunkOrder
from processor.run.chunks.progress import Progress
from processor.run.chunks.validate import ChunkValidator
from processor.run.context import AttemptContext
from processor.run.duplicates import check_digest, handle_duplicate
from processor.run.error_limit import check_whole_file
from processor.run.failure_report import report_failure
from processor.run.finishing import Finisher
from processor.run.inspection.inspect_file import Inspection
from processor.run.loading import FileLoader
from processor.run.opened_file import OpenedFile
from processor.run.opening import announce, open_file, usable_target
from processor.run.result import AttemptResult, Completed, Failed, LeaseOver, Postponed, Released, Skipped
from processor.run.resume.earlier_chunks import EarlierChunks
from processor.run.stop_signal import StopRequested
from processor.run.text import begin_download
from processor.run.whole_file import WholeFile
from processor.run.workbook import is_workbook, with_sheet
from processor.storage import Source


def run_attempt(context: AttemptContext) -> AttemptResult:
    """Import the file of a job; return how that ended. It raises nothing: a defect fails the attempt with IJ901."""
    try:
        with context.connections.main() as conn:
            return Inspection(conn, context).run() if context.job.inspects else Attempt(conn, context).run()
    except StopRequested:
        return Released()
    except LeaseLost:
        return LeaseOver()
    except Exception as exc:  # noqa: BLE001 - a defect ends the job with a code, not the processor
        return Failed(as_job_error(exc))


def as_job_error(exc: Exception) -> JobError:
    """Return the reason of a failed attempt; anything unforeseen is a defect, which is logged."""
    match exc:
        case JobError():
            return exc
        case PoolTimeout():
            return DatabaseUnavailable("no connection to the database could be had")
        case psycopg.Error():
            return job_error(exc)
        case _:
            event("defect", logging.ERROR, exception=log.traceback_of(exc))
            return Defect("the processor failed with {error}", error=type(exc).__name__)


class Attempt:
    """The attempt on its connection, which is in autocommit mode."""

    def __init__(self, conn: psycopg.Connection, context: AttemptContext) -> None:
        self._conn, self._context = conn, context

    def run(self) -> AttemptResult:
        """Open the file and import it; the text of a workbook's sheet is deleted then.

        Raises: JobError where there is no report yet, StopRequested, LeaseLost.
        """
        try:
            return self._run()
        finally:
            if self._context.sheet:
                self._context.sheet.close()

    def _run(self) -> AttemptResult:
        with self._database_errors(), self._context.report.timed("open"), traces.span("open"):
            opened = self._open()
        if not isinstance(opened, OpenedFile):
            return opened
        self._context.report.begin(opened.plan)
        try:
            with self._database_errors():
                self._import(opened)
        except (LeaseLost, StopRequested):
            raise
        except Exception as exc:  # noqa: BLE001 - a defect leaves a report too
            return self._failed(as_job_error(exc), opened)
        return Completed()

    @contextmanager
    def _database_errors(self) -> Generator[None]:
        """Turn a database error into the reason of the attempt's end; a cancelled statement may mean that it must stop.

        Raises: JobError, StopRequested, LeaseLost.
        """
        try:
            with unavailable_if_broken(self._conn):
                yield
        except (psycopg.Error, DatabaseUnavailable) as exc:
            self._context.stop.check()
            if isinstance(exc, psycopg.Error):
                raise job_error(exc) from exc
            raise

    def _open(self) -> OpenedFile | Skipped | Postponed:
        """Check that the job may run, and open its file, unless it is a duplicate."""
        context = self._context
        if not context.job.fresh:
            self._end_former_sessions()
        target = usable_target(context.job)
        check_permission(self._conn, context.job)
        check_digest(context)
        return handle_duplicate(self._conn, context) or self._open_file(target)

    def _open_file(self, target: Target) -> OpenedFile:
        """Open the file; that of a workbook is the text of a sheet, which the attempt reads from now on."""
        source = self._context.source
        download = begin_download(source)
        if isinstance(source, Source) and is_workbook(download.sample):
            self._context = with_sheet(self._context, source, download)
            download = begin_download(self._context.source)
        return open_file(self._conn, self._context, target, download)

    def _end_former_sessions(self) -> None:
        """End the sessions of earlier attempts: a role may end its own, so this is done in those of both roles."""
        job, seconds = self._context.job, self._context.config.lease_seconds
        claims.end_former_sessions(self._conn, job, seconds)
        with self._context.connections.writer(self._conn) as conn:
            if conn is not self._conn:
                claims.end_former_sessions(conn, job, seconds)

    def _import(self, opened: OpenedFile) -> None:
        """Load the file and complete the job."""
        conn, context = self._conn, self._context
        if opened.at_once:
            with traces.span("chunks"):
                completed = WholeFile(conn, context, opened).load()
            if completed:
                return
            announce(conn, context, opened.dialect)
        validator = ChunkValidator(opened, context.report)
        progress = self._progress(opened)
        earlier = EarlierChunks(conn, context, opened, validator, progress)
        earlier.restore_figures()
        output = NormalisedCsv() if context.job.options.get("output") else None
        finisher = Finisher(conn, context, opened, progress, earlier)
        try:
            with traces.span("chunks"):
                counts = FileLoader(conn, context, opened, validator, progress, output).load()
            check_whole_file(counts, context.job.options)
            with traces.span("finish"):
                finisher.finish(counts, output)
        except TooManyRejected as exc:
            raise (finisher.first_bad_row(exc) if context.job.aborts else exc) from exc
        finally:
            if output:
                output.close()

    def _progress(self, opened: OpenedFile) -> Progress:
        """Return the progress of the file, which begins with the counts of the chunks before its start."""
        counts = sum((opened.ledger[seq].counts for seq in range(opened.start.seq)), RowCounts())
        rejected = sum(entry.counts.rejected for entry in opened.ledger.values())
        visible_left = max(self._context.config.kept_errors - rejected, 0)
        order = ChunkOrder(opened.start.seq)
        return Progress(self._context.report, counts, visible_left, order, self._context.job.options)

    def _failed(self, error: JobError, opened: OpenedFile) -> Failed:
        """Return the result for an error; one that fails the job for good leaves a report and errors.csv."""
        if error.transient and not self._context.job.last:
            return Failed(error)
        return report_failure(self._conn, self._context, opened, error)
