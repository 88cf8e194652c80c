"""What a file's digest says before any row is loaded: whether it is the one that is meant, and whether it is new."""

import hashlib
from contextlib import closing

import psycopg

from processor.errors import DuplicateFile, WrongDigest
from processor.queue import files
from processor.run.context import AttemptContext
from processor.run.result import Postponed, Skipped

# The pause before a job looks again whether the other job with the same file has ended.
AGAIN_SECONDS = 10.0


def check_digest(context: AttemptContext) -> None:
    """Check that the file is the one that the job names, if it names one; that takes a download of the whole file.

    Raises: WrongDigest, JobError of Storage, TimeUp.
    """
    job = context.job
    if job.expected_sha256 is None:
        return
    sha256 = file_digest(context)
    context.digests.keep(job.id, context.source.identified(), sha256)
    if sha256 != job.expected_sha256:
        raise WrongDigest("the file's SHA-256 is not the one that the job expects")


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
        raise DuplicateFile("job {job} has imported the same file", job=str(earlier.job_id))
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
