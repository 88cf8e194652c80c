"""How full the queue is, for the processor's metrics."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

OVERVIEW = """
select
  q.waiting, q.scheduled, q.running, h.processors, h.queue_paused,
  coalesce(extract(epoch from clock_timestamp() - q.oldest_waiting_since), 0)::float8 as oldest_waiting_seconds
from importer.import_queue() as q cross join importer.import_queue_health() as h
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The numbers of jobs, for how many seconds the oldest one waits, and the processors seen in the last 15 s."""

    waiting: int
    scheduled: int
    running: int
    oldest_waiting_seconds: float
    processors: int
    queue_paused: bool


def overview(conn: psycopg.Connection) -> Overview:
    """Return how full the queue is.

    Raises: psycopg.Error.
    """
    with conn.cursor(row_factory=class_row(Overview)) as cursor:
        (row,) = cursor.execute(OVERVIEW).fetchall()
    return row
