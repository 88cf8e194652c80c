"""The sweep, which finds what no ring announced, whether anything is left, and the token of the doorbell."""

from datetime import timedelta
from uuid import UUID

import psycopg

SWEEP = "select job_id, action from importer.sweep_import_jobs()"
WORK_IS_LEFT = "select importer.work_is_left(%s)"
WAKE_TOKEN = "select importer.wake_token()"  # noqa: S105 - the name of a function


def sweep(conn: psycopg.Connection) -> list[tuple[UUID, str]]:
    """Take back jobs whose lease has expired and ring for jobs that are due; return each job and what was done."""
    return [(row[0], row[1]) for row in conn.execute(SWEEP).fetchall()]


def work_is_left(conn: psycopg.Connection, seconds: float) -> bool:
    """Return whether a job runs, is due within `seconds`, or somebody asks for an undo."""
    row = conn.execute(WORK_IS_LEFT, (timedelta(seconds=seconds),)).fetchone()
    return row != (False,)


def wake_token(conn: psycopg.Connection) -> str | None:
    """Return the doorbell's token as the database has it, None when there is none."""
    row = conn.execute(WAKE_TOKEN).fetchone()
    return row[0] if row else None
