"""The sweep, which finds what no ring announced, and the token of the doorbell."""

from uuid import UUID

import psycopg

SWEEP = "select job_id, action from importer.sweep_import_jobs()"
WAKE_TOKEN = "select importer.wake_token()"  # noqa: S105 - the name of a function


def sweep(conn: psycopg.Connection) -> list[tuple[UUID, str]]:
    """Take back jobs whose lease has expired and ring for jobs that are due; return each job and what was done."""
    return [(row[0], row[1]) for row in conn.execute(SWEEP).fetchall()]


def wake_token(conn: psycopg.Connection) -> str | None:
    """Return the doorbell's token as the database has it, None when there is none."""
    row = conn.execute(WAKE_TOKEN).fetchone()
    return row[0] if row else None
