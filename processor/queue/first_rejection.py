"""The first rejected row of a job, in the order of the file."""

from dataclasses import dataclass

import psycopg

from processor.model import Job

FIRST = """
select r.record_number, r.line_number, r.column_name, r.code, r.message from importer.read_rejections(%s, %s) as r
order by r.record_number, r.position limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A rejected record, with its reason; `column` is None where the whole row is at fault."""

    record: int
    line: int
    column: str | None
    code: str
    message: str


def first_rejection(conn: psycopg.Connection, job: Job) -> RejectedRow | None:
    """Return the rejection that comes first in the file, of all attempts; None where there is none."""
    row = conn.execute(FIRST, (job.id, job.token)).fetchone()
    if row is None:
        return None
    return RejectedRow(record=row[0], line=row[1], column=row[2], code=row[3], message=row[4])
