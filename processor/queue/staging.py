"""Tables that a job keeps beside its target: staged rows, keys it has met, and rows it has replaced."""

from collections.abc import Sequence

import psycopg

from processor.model import Job, RejectedRecords
from processor.queue.rejections import REJECTED, rejected_parameters

PREPARE_STAGING_TABLE = "select importer.prepare_staging_table(%s, %s, %s)"
PREPARE_KEY_TABLE = "select importer.prepare_key_table(%s, %s, %s)"
REJECT_STAGED_ROWS = f"""select importer.reject_staged_rows(
  job_id => %(job_id)s, token => %(token)s, rejected => {REJECTED}, kept => %(kept)s
)"""
SKIP_STAGED_ROWS = "select importer.skip_staged_rows(%s, %s, %s)"
LEND_STAGING_TABLE = "select importer.lend_staging_table(%s, %s)"
DROP_STAGING_TABLE = "select importer.drop_staging_table(%s, %s)"
KEEP_REPLACED_ROWS = "select importer.keep_replaced_rows(%s, %s)"


def prepare_staging_table(conn: psycopg.Connection, job: Job, columns: Sequence[str]) -> str:
    """Create the staging table of an all-or-nothing job, or keep the one it has; return its name in `importer`."""
    row = conn.execute(PREPARE_STAGING_TABLE, (job.id, job.token, list(columns))).fetchone()
    return str(row[0]) if row else ""


def prepare_key_table(conn: psycopg.Connection, job: Job, columns: Sequence[str]) -> str:
    """Create the table of the keys that a job has met, or keep the one it has; return its name in `importer`."""
    row = conn.execute(PREPARE_KEY_TABLE, (job.id, job.token, list(columns))).fetchone()
    return str(row[0]) if row else ""


def reject_staged_rows(conn: psycopg.Connection, job: Job, rejected: RejectedRecords, kept: int) -> None:
    """Count staged rows as rejected, the first `kept` of them shown to the owner."""
    arguments = {"job_id": job.id, "token": job.token, "kept": kept}
    conn.execute(REJECT_STAGED_ROWS, arguments | rejected_parameters(rejected))


def skip_staged_rows(conn: psycopg.Connection, job: Job, rows: int) -> None:
    """Count staged rows that the target's mode skips, in the transaction that moves the others."""
    conn.execute(SKIP_STAGED_ROWS, (job.id, job.token, rows))


def lend_staging_table(conn: psycopg.Connection, job: Job) -> None:
    """Grant the staging table to the session's role, in a transaction that drops it or is rolled back."""
    conn.execute(LEND_STAGING_TABLE, (job.id, job.token))


def drop_staging_table(conn: psycopg.Connection, job: Job) -> None:
    """Drop the staging table, in the transaction that has moved its rows."""
    conn.execute(DROP_STAGING_TABLE, (job.id, job.token))


def keep_replaced_rows(conn: psycopg.Connection, job: Job) -> int:
    """Keep the rows that are about to be replaced, so that the job can be undone; return their number."""
    row = conn.execute(KEEP_REPLACED_ROWS, (job.id, job.token)).fetchone()
    return int(row[0]) if row else 0
