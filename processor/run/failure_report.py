"""What a failed attempt leaves: a report of what it had done, and errors.csv, as far as they can be had."""

import logging
from contextlib import nullcontext

import psycopg

from processor import log
from processor.errors import AllRejected, JobError, TooManyRejected
from processor.log import event
from processor.model import ArtifactPaths
from processor.queue import rejections
from processor.queue.rejections import RejectionCause
from processor.run.artifacts.errors_csv import write_errors
from processor.run.context import AttemptContext
from processor.run.opened_file import OpenedFile
from processor.run.result import Failed


def report_failure(conn: psycopg.Connection, context: AttemptContext, opened: OpenedFile, error: JobError) -> Failed:
    """Return the result of an attempt that failed, with its report and the artifacts' paths.

    It raises nothing, because that would hide why the attempt failed.
    """
    report, paths = context.report, ArtifactPaths()
    try:
        if report.rejected_by_code or any(entry.counts.rejected for entry in opened.ledger.values()):
            with context.connections.replacement() if conn.broken else nullcontext(conn) as reading:
                report.set_rejections(*rejections.rejection_counts(reading, context.job))
                if isinstance(error, TooManyRejected | AllRejected) and "cause" not in error.params:
                    error = with_cause(error, rejections.most_frequent_cause(reading, context.job))
                paths = ArtifactPaths(write_errors(reading, context, opened))
    except Exception as exc:  # noqa: BLE001 - the attempt has failed already, for another reason
        event("artifact_failed", logging.WARNING, exception=log.traceback_of(exc))
    return Failed(error, report.as_json(opened.plan, opened.dialect, mode_skips=context.job.mode_skips), paths)


def with_cause(error: JobError, cause: RejectionCause | None) -> JobError:
    """Return the error with the cause that most rejected rows have, since a person acts on that one first."""
    if cause is None:
        return error
    if isinstance(error, AllRejected) and cause.code in ("IJ401", "IJ402"):
        error = AllRejected(
            error.message,
            hint=(
                "Set the option delimiter, quote or has_header as the file has it, or give the header and the rows the"
                " same number of fields and upload the file under the same path; then retry this job,"
                " retry_import_job(id, options): it starts from the beginning."
            ),
            **error.params,
        )
    where = f" in column {cause.column}" if cause.column else ""
    message = f"{error.message}; most often ({cause.rows:,} of them) by {cause.code}{where}: {cause.message}"
    explained = type(error)(message, hint=error.advice)
    explained.params = {**error.params, "cause": cause.code, "cause_rows": cause.rows, "cause_message": cause.message}
    if cause.column:
        explained.params["cause_column"] = cause.column
    return explained
