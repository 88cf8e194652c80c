"""`import-jobs queue`: how full the queue is, and whether anybody works on it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import dict_row

from processor.cli.connection import connected
from processor.cli.idle import remedy
from processor.cli.screen import screen
from processor.config import database_url

OVERVIEW: LiteralString = """
select q.waiting, q.scheduled, q.running, q.oldest_waiting_since, h.processor_alive, h.processors, h.processor_seen_at,
  h.processor_sleeps, h.last_ring_at, h.queue_paused, h.paused_reason, h.paused_since, clock_timestamp() as now
from importer.import_queue() as q, importer.import_queue_health() as h
"""


def queue() -> None:
    """Show how many jobs wait and run, since when the oldest waits, whether a processor is alive, and a pause."""
    with connected(database_url()) as conn, conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(OVERVIEW).fetchone() or {}
    screen.show(row, [row["waiting"]], lambda: lines(row))


def lines(row: dict[str, Any]) -> Iterator[str]:
    """Yield the numbers and times of the queue."""
    now: datetime = row["now"]
    oldest = row["oldest_waiting_since"]
    paused: dict[str, str] = {}
    if row["queue_paused"]:
        paused["paused"] = f"for {duration(row['paused_since'], now)}: {row['paused_reason']}"
    yield from screen.values(
        paused
        | {
            "waiting": f"{row['waiting']:,}" + (f", the oldest for {duration(oldest, now)}" if oldest else ""),
            "scheduled": f"{row['scheduled']:,}",
            "running": f"{row['running']:,}",
            "processor": processor(row, now),
            "last ring": f"{duration(row['last_ring_at'], now)} ago"
            if row["last_ring_at"]
            else "none in the last hour",
        }
    )


def processor(row: dict[str, Any], now: datetime) -> str:
    """Return whether a processor is alive, in words."""
    seen: datetime | None = row["processor_seen_at"]
    if row["processor_alive"]:
        number = f"{row['processors']} seen" if row["processors"] != 1 else "seen"
        return f"alive, {number} {duration(seen, now)} ago" if seen else "alive"
    if row["processor_sleeps"]:
        return "asleep until it is rung"
    last = f"last seen {duration(seen, now)} ago" if seen else "never seen"
    return f"not alive, {last}; {remedy()}"


def duration(since: datetime, now: datetime) -> str:
    """Return a time span in its two largest units."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, name, smaller, small_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= unit:
            rest = seconds % unit // smaller
            return f"{seconds // unit} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{seconds} s"
