"""Files: those that were imported before, and those that are to be deleted."""

from uuid import UUID

import psycopg

from processor.model import EarlierImport, Job

CLAIM_FILE = "select importer.claim_file(%s, %s, %s)"
SKIP_DUPLICATE = "select importer.skip_duplicate(%s, %s, %s)"
SOURCES_TO_DELETE = "select job_id, bucket_id, object_path from importer.sources_to_delete()"
SOURCE_DELETED = "select importer.source_deleted(%s)"


def claim_file(conn: psycopg.Connection, job: Job, sha256: str) -> EarlierImport | None:
    """Note the file's digest; return the earlier job that has imported, or is importing, the same file."""
    row = conn.execute(CLAIM_FILE, (job.id, job.token, sha256)).fetchone()
    earlier = row[0] if row else None
    return EarlierImport(UUID(earlier["duplicate_of"]), earlier["status"] == "running") if earlier else None


def skip_duplicate(conn: psycopg.Connection, job: Job, earlier: EarlierImport) -> None:
    """Complete the job as a duplicate, without a row."""
    conn.execute(SKIP_DUPLICATE, (job.id, job.token, earlier.job_id))


def sources_to_delete(conn: psycopg.Connection) -> list[tuple[UUID, str, str]]:
    """Return job, bucket and path of files that are to be deleted and have not been."""
    return [(row[0], row[1], row[2]) for row in conn.execute(SOURCES_TO_DELETE).fetchall()]


def source_deleted(conn: psycopg.Connection, job_id: UUID) -> None:
    """Note that a job's file has been deleted."""
    conn.execute(SOURCE_DELETED, (job_id,))
