"""What a run leaves behind that failed: a report of what it had come to, and errors.csv, as far as they can be had."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg

from processor import log
from processor.log import event
from processor.model import ArtifactPaths, Job
from processor.queue import rejections
from processor.run.artifacts.errors_csv import write_errors
from processor.run.chunks.progress import Progress
from processor.run.opening import Opened
from processor.storage import Artifacts


def last_words(
    job: Job,
    conn: psycopg.Connection,
    another: Callable[[], AbstractContextManager[psycopg.Connection]],
    opened: Opened,
    progress: Progress,
    storage: Artifacts,
) -> tuple[dict[str, Any], ArtifactPaths]:
    """Return the report and the paths of artifacts of a run that failed; raises nothing, since that would hide why."""
    paths = ArtifactPaths()
    try:
        if progress.report.codes or any(entry.tally.rejected for entry in opened.ledger.values()):
            with another() if conn.broken else nullcontext(conn) as reading:
                progress.report.recount(rejections.rejection_counts(reading, job))
                paths = ArtifactPaths(write_errors(reading, job, opened, storage))
    except Exception as exc:  # noqa: BLE001 - the job has failed already, for another reason
        event("artifact_failed", logging.WARNING, exception=log.where(exc))
    return progress.report.as_json(opened.plan, opened.dialect), paths
