"""What a failed attempt leaves: a report of what it had done, and errors.csv, as far as they can be had."""

import logging
from contextlib import nullcontext
from typing import Any

import psycopg

from processor import log
from processor.log import event
from processor.model import ArtifactPaths
from processor.queue import rejections
from processor.run.artifacts.errors_csv import write_errors
from processor.run.context import AttemptContext
from processor.run.opened_file import OpenedFile


def report_failure(
    conn: psycopg.Connection, context: AttemptContext, opened: OpenedFile
) -> tuple[dict[str, Any], ArtifactPaths]:
    """Return the report and the artifacts' paths of an attempt that failed.

    It raises nothing, because that would hide why the attempt failed.
    """
    report, paths = context.report, ArtifactPaths()
    try:
        if report.rejected_by_code or any(entry.counts.rejected for entry in opened.ledger.values()):
            with context.connections.replacement() if conn.broken else nullcontext(conn) as reading:
                report.set_rejections(rejections.rejection_counts(reading, context.job))
                paths = ArtifactPaths(write_errors(reading, context, opened))
    except Exception as exc:  # noqa: BLE001 - the attempt has failed already, for another reason
        event("artifact_failed", logging.WARNING, exception=log.traceback_of(exc))
    return report.as_json(opened.plan, opened.dialect), paths
