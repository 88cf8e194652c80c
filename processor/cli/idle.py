"""Why nobody works on a job: said when it has been waiting for ten seconds, and again when the reason changes."""

import time
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from processor.cli.job_state import JobState
from processor.config import database_url
from processor.errors import UserError

PATIENCE_SECONDS = 10.0
QUEUE = """
select q.waiting, q.running, h.processor_alive, h.processor_seen_at, h.processor_sleeps, h.paused_reason
from importer.import_queue() as q, importer.import_queue_health() as h
"""
LEASE_IS_VALID = """
select exists (select from importer.job_leases as l where l.job_id = %s and l.expires_at > clock_timestamp())
"""
LAST_REASON = """
select coalesce(e.detail ->> 'code', e.event) from public.import_job_events as e
where e.job_id = %s and e.event in ('retry_scheduled', 'postponed', 'released', 'lease_lost') order by e.id desc limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The queue and the processors that work on it."""

    waiting: int
    running: int
    processor_alive: bool
    processor_seen_at: datetime | None
    processor_sleeps: bool
    paused_reason: str | None


@dataclass(slots=True)
class Watch:
    """Looks whether a job gets on, and says once for each reason why it does not."""

    _since: float = field(default_factory=time.monotonic)
    _progress: tuple[object, ...] = ()
    _said: str = ""

    def reason(self, conn: psycopg.Connection, state: JobState) -> str:
        """Return why nobody works on the job, if that is so for ten seconds and was not said yet; else an empty text.

        Raises: psycopg.Error.
        """
        progress = (state.status, state.attempts, state.bytes_read, state.rows_loaded)
        if progress != self._progress:
            self._progress, self._since = progress, time.monotonic()
        if time.monotonic() - self._since < PATIENCE_SECONDS:
            return ""
        self._since = time.monotonic()
        reason = reason_for(conn, state)
        if reason == self._said:
            return ""
        self._said = reason
        return reason


def reason_for(conn: psycopg.Connection, state: JobState) -> str:
    """Return why nobody works on the job now; an empty text if somebody does.

    Raises: psycopg.Error.
    """
    if state.status == "running":
        row = conn.execute(LEASE_IS_VALID, (state.id,)).fetchone()
        if row and row[0]:
            return ""
        return "nobody works on the job: its processor was lost, and another one has to take the job over"
    if state.run_after > state.now:
        return scheduled(conn, state)
    with conn.cursor(row_factory=class_row(Queue)) as cursor:
        queue = cursor.execute(QUEUE).fetchone()
    return waiting(queue) if queue else ""


def scheduled(conn: psycopg.Connection, state: JobState) -> str:
    """Return why the job starts later."""
    seconds = (state.run_after - state.now).total_seconds()
    row = conn.execute(LAST_REASON, (state.id,)).fetchone()
    if row is None:
        return f"nobody works on the job: it is scheduled for {state.run_after:%Y-%m-%d %H:%M:%S %Z}"
    return f"nobody works on the job: after {row[0]} it is tried again in {seconds:.0f} s"


def waiting(queue: Queue) -> str:
    """Return why a job that is due waits."""
    if queue.paused_reason is not None:
        return f"nobody works on the job: an administrator has paused the queue ({queue.paused_reason})"
    if queue.processor_alive:
        return f"nobody works on the job: it waits for its turn; {queue.running} run and {queue.waiting} wait"
    if queue.processor_sleeps:
        return "nobody works on the job: the processor sleeps and has not answered the ring yet"
    seen = queue.processor_seen_at
    last = f"none was seen since {seen:%Y-%m-%d %H:%M:%S %Z}" if seen else "none was ever seen"
    return f"nobody works on the job: no processor is alive, {last}; {remedy()}"


def remedy() -> str:
    """Return what to do when no processor is alive: for a local stack, what is wrong with it."""
    return local_trouble() or "start one with import-jobs serve, or a local stack with import-jobs stack up"


def local_trouble() -> str:
    """Return what is wrong with the local stack; an empty text if nothing is, or if the database is not the stack's."""
    from processor.local.status import why_idle

    try:
        return why_idle(database_url()) or ""
    except UserError:
        return ""
