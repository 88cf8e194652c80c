"""The same file once more: for targets that do not want it, a file is read for its digest before any row is loaded."""

import hashlib

import psycopg

from processor.errors import DuplicateFile
from processor.model import EarlierImport, Job
from processor.queue import files
from processor.run.stop_signal import Postponed
from processor.storage import Source

# Until a job looks again whether the other one with the same file has ended.
AGAIN_SECONDS = 10.0


def earlier_import(conn: psycopg.Connection, job: Job, source: Source) -> EarlierImport | None:
    """Return the job that has imported the same file for this target, when the target then skips it.

    Raises: DuplicateFile when the target rejects it, Postponed while the other job is running.
    """
    target = job.target
    if target is None or target.on_duplicate_file == "load" or job.options.get("force") or job.options.get("dry_run"):
        return None
    digest = hashlib.sha256()
    for block in source.blocks():
        digest.update(block)
    found = files.claim_file(conn, job, digest.hexdigest())
    if found is None:
        return None
    if found.running:
        raise Postponed(AGAIN_SECONDS)
    if target.on_duplicate_file == "reject":
        raise DuplicateFile(f"job {found.job_id} has imported the same file")
    return found
