"""Files that were imported before: a target may skip or reject them, by their digest, before any row is loaded."""

import hashlib
from contextlib import closing

import psycopg

from processor.errors import DuplicateFile
from processor.queue import files
from processor.run.context import AttemptContext
from processor.run.result import Postponed, Skipped

# The pause before a job looks again whether the other job with the same file has ended.
AGAIN_SECONDS = 10.0


def handle_duplicate(conn: psycopg.Connection, context: AttemptContext) -> Skipped | Postponed | None:
    """Skip or postpone the job if its file was, or is being, imported into the same target; None: import it.

    Raises: DuplicateFile when the target rejects the file, JobError of Storage, psycopg.Error.
    """
    job, target = context.job, context.job.target
    if target is None or target.on_duplicate_file == "load" or job.options.get("force") or job.options.get("dry_run"):
        return None
    sha256 = file_digest(context)
    earlier = files.claim_file(conn, job, sha256)
    if earlier is None:
        return None
    if earlier.running:
        context.digests.keep(job.id, context.source.identified(), sha256)
        return Postponed(AGAIN_SECONDS)
    if target.on_duplicate_file == "reject":
        raise DuplicateFile(f"job {earlier.job_id} has imported the same file")
    files.skip_duplicate(conn, job, earlier)
    return Skipped(earlier.job_id)


def file_digest(context: AttemptContext) -> str:
    """Return the SHA-256 of the job's file; only its first block is read where an earlier attempt has read the file.

    Raises: JobError of Storage, TimeUp.
    """
    digest = hashlib.sha256()
    with closing(context.source.blocks()) as blocks:
        for number, block in enumerate(blocks):
            known = None if number else context.digests.take(context.job.id, context.source.identified())
            if known is not None:
                return known
            context.check_time()
            digest.update(block)
    return digest.hexdigest()
