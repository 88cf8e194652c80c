"""What the database computes for empty fields: the defaults of columns, and the next ids of their sequences."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from processor.model import Job

COLUMN_DEFAULTS = """select column_name, type, expression, is_sequence
from importer.column_defaults(%s, %s)"""
NEXT_IDS = """select importer.next_ids(
  job_id => %s, token => %s, column_name => %s, row_count => %s, taken => %s::bigint[]
)"""


@dataclass(frozen=True, slots=True)
class ColumnDefault:
    """The default of a column: its type without modifier, and the expression; None if it is the next id of a sequence.

    Both are texts of Postgres, whose names are qualified and quoted.
    """

    type: str
    expression: str | None


def column_defaults(conn: psycopg.Connection, job: Job) -> dict[str, ColumnDefault]:
    """Return the defaults of the target's columns by the names of these.

    Raises: psycopg.Error.
    """
    rows = conn.execute(COLUMN_DEFAULTS, (job.id, job.token)).fetchall()
    return {
        name: ColumnDefault(type_name, None if is_sequence else expression)
        for name, type_name, expression, is_sequence in rows
    }


def next_ids(conn: psycopg.Connection, job: Job, column: str, count: int, taken: Iterable[int]) -> list[int]:
    """Take `count` ids of a column's own sequence that are not among `taken`, in ascending order.

    Raises: psycopg.Error.
    """
    # As one text: psycopg takes 10 µs to write each element of an array.
    array = "{" + ",".join(map(str, taken)) + "}"
    row = conn.execute(NEXT_IDS, (job.id, job.token, column, count, array)).fetchone()
    return row[0] if row else []
