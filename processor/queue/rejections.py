"""The rejections of a job, those beyond the ones that its owner sees included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.types.json import Jsonb

from processor.model import Job, Rejection, message_params

RECORDS = "select record_number from importer.read_rejections(%s, %s)"
ROWS = "select line_number, column_name, code, message, raw from importer.read_rejections(%s, %s)"
COUNTS = "select column_name, code, count(*) from importer.read_rejections(%s, %s) group by 1, 2"
MOST_FREQUENT = """
select r.code, r.column_name, r.message, count(*) from importer.read_rejections(%s, %s) as r
group by r.code, r.column_name, r.message order by count(*) desc, r.code, r.column_name, r.message limit 1
"""


@dataclass(frozen=True, slots=True)
class RejectionCause:
    """A reason for which `rows` rows of a job were rejected; `column` is None where the whole row is at fault."""

    code: str
    column: str | None
    message: str
    rows: int


def rejections_json(rejections: Sequence[Rejection], kept: int) -> Jsonb:
    """Return rejections in the form that the functions in `importer` take.

    Only the first `kept` have parameters, since the others go to errors.csv alone; they take 6 µs each.
    """
    return Jsonb(
        [
            {
                "record": r.record,
                "line": r.line,
                "column": r.column,
                "code": r.code,
                "message": r.message,
                "raw": r.raw,
                **({"params": params} if place < kept and (params := message_params(r.message)) else {}),
            }
            for place, r in enumerate(rejections)
        ]
    )


def stream_rejections(conn: psycopg.Connection, job: Job) -> Iterator[tuple[int, str | None, str, str, str | None]]:
    """Yield line, column, code, message and raw record of all rejections, in file order, a few at a time."""
    with conn.cursor() as cursor:
        yield from cursor.stream(ROWS, (job.id, job.token))


def rejected_records(conn: psycopg.Connection, job: Job) -> frozenset[int]:
    """Return the numbers of all rejected records."""
    return frozenset(row[0] for row in conn.execute(RECORDS, (job.id, job.token)).fetchall())


def most_frequent_cause(conn: psycopg.Connection, job: Job) -> RejectionCause | None:
    """Return the reason for which most rows of all attempts were rejected; None where none was."""
    row = conn.execute(MOST_FREQUENT, (job.id, job.token)).fetchone()
    return RejectionCause(*row) if row else None


def rejection_counts(conn: psycopg.Connection, job: Job) -> tuple[int, list[tuple[str | None, str, int]]]:
    """Return the number of rejected records, and the number of their rejected cells for each column and code."""
    counts = [(row[0], row[1], row[2]) for row in conn.execute(COUNTS, (job.id, job.token)).fetchall()]
    return sum(count for _, _, count in counts), counts
