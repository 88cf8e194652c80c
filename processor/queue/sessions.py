"""Sessions: what a processor says about itself, and what it learns about the end of others."""

from uuid import UUID

import psycopg

from processor.model import Job

LISTEN = "listen import_jobs"
BACKEND = "select pg_backend_pid()"
HOLD = "select importer.hold_session(%s)"
REPORT = "select importer.report_processor(%s, %s)"
TAKE_BACK = "select job_id, action from importer.take_back_lost_jobs(%s)"
RESTORE_ATTEMPT = "select importer.restore_attempt(%s, %s)"
# The action of a job that may be taken back soon.
MISSING = "session_missing"


def backend(conn: psycopg.Connection) -> int:
    """Return the id of the server's process that executes this connection's statements now."""
    row = conn.execute(BACKEND).fetchone()
    return int(row[0]) if row else 0


def listen(conn: psycopg.Connection) -> None:
    """Receive the notifications that announce jobs."""
    conn.execute(LISTEN)


def hold(conn: psycopg.Connection, key: int) -> bool:
    """Take the lock of the session until the connection ends; return whether it was free."""
    row = conn.execute(HOLD, (key,)).fetchone()
    return bool(row and row[0])


def report(conn: psycopg.Connection, worker: str, ring: int | None) -> None:
    """Say that the processor is alive and, unless it is None, that it has taken this ring."""
    conn.execute(REPORT, (worker, ring))


def take_back(conn: psycopg.Connection, own: int) -> list[tuple[UUID, str]]:
    """Take back the jobs of lost sessions other than the own one; return each job and what was done."""
    return [(row[0], row[1]) for row in conn.execute(TAKE_BACK, (own,)).fetchall()]


def restore_attempt(conn: psycopg.Connection, job: Job) -> bool:
    """Say that the processor of a lost lease is alive; return whether the attempt is no longer counted."""
    row = conn.execute(RESTORE_ATTEMPT, (job.id, job.token)).fetchone()
    return bool(row and row[0])
