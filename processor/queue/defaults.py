"""What the database computes for empty fields: the defaults of columns, and the next ids of their sequences."""

from collections.abc import Iterable
from typing import Final

import psycopg
from psycopg import sql

from processor.model import Job

COLUMN_DEFAULTS: Final = "select column_name, is_sequence from importer.column_defaults(%s, %s)"
PREPARE_DEFAULT: Final = "select importer.prepare_default(job_id => %s, token => %s, column_name => %s)"
# As JSON, because an array of 100,000 texts takes a second to read.
COMPUTE: Final = sql.SQL(
    'with v as (insert into {table} ("#record") select r from generate_series(1, {count}) as r '
    "returning {column}::text as text) select json_agg(v.text) from v"
)
NEXT_IDS: Final = """select importer.next_ids(
  job_id => %s, token => %s, column_name => %s, row_count => %s, taken => %s::bigint[]
)"""


def column_defaults(conn: psycopg.Connection, job: Job) -> dict[str, bool]:
    """Return the columns of the target's table that have a default, and whether it is the next id of a sequence.

    Raises: psycopg.Error.
    """
    return dict(conn.execute(COLUMN_DEFAULTS, (job.id, job.token)).fetchall())


def computed_values(column: str, count: int, table: str) -> sql.Composed:
    """Compose the query that computes a default `count` times; `table` is that of `prepare_default`."""
    return COMPUTE.format(
        table=sql.Identifier("pg_temp", table), column=sql.Identifier(column), count=sql.Literal(count)
    )


def prepare_default(conn: psycopg.Connection, job: Job, column: str) -> str:
    """Create the temporary table, for this transaction, that computes the default of a column; return its name.

    Raises: psycopg.Error.
    """
    row = conn.execute(PREPARE_DEFAULT, (job.id, job.token, column)).fetchone()
    return str(row[0]) if row else ""


def next_ids(conn: psycopg.Connection, job: Job, column: str, count: int, taken: Iterable[int]) -> list[int]:
    """Take `count` ids of a column's own sequence that are not among `taken`, in ascending order.

    Raises: psycopg.Error.
    """
    # As one text: psycopg takes 10 µs to write each element of an array.
    array = "{" + ",".join(map(str, taken)) + "}"
    row = conn.execute(NEXT_IDS, (job.id, job.token, column, count, array)).fetchone()
    return row[0] if row else []
