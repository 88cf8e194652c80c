"""Ids of jobs as people write them: whole, or shortened to a beginning that only one job has."""

import re
from uuid import UUID

import psycopg

from processor.errors import UserError

SHORT = 8
CANDIDATES = "select id from public.import_jobs where id between %s and %s order by id limit 4"
HINT = "Run import-jobs jobs to list the ids."


def find_job(conn: psycopg.Connection, text: str) -> UUID:
    """Return the id of the one job whose id begins with a text.

    Raises: UserError when there is no such job, or more than one.
    """
    digits = text.strip().lower().replace("-", "")
    if not re.fullmatch("[0-9a-f]{1,32}", digits):
        raise UserError(f"{text!r} is not the id of a job", HINT)
    matching = beginning_with(conn, digits)
    if not matching:
        name = UUID(digits) if len(digits) == 32 else text
        raise UserError(f"there is no job {name}", HINT, code="IJ108")
    if len(matching) > 1:
        several = ", ".join(map(str, matching[:3])) + (", …" if len(matching) > 3 else "")
        raise UserError(f"several ids begin with {text}: {several}", "Give more characters of the id.")
    return matching[0]


def short_id(conn: psycopg.Connection, job_id: UUID) -> str:
    """Return the beginning of an id by which the commands find the job: eight characters, or the whole id."""
    digits = job_id.hex[:SHORT]
    return digits if len(beginning_with(conn, digits)) == 1 else str(job_id)


def beginning_with(conn: psycopg.Connection, digits: str) -> list[UUID]:
    """Return at most four ids that begin with these digits, by the primary key's index."""
    bounds = (UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
    return [row[0] for row in conn.execute(CANDIDATES, bounds).fetchall()]
