"""The columns of a job that the commands follow and explain."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from processor.errors import UserError

QUERY: LiteralString = """
select j.id, j.status::text, j.phase, j.target, j.attempts, j.run_after, clock_timestamp() as now,
  coalesce(j.bytes_total, 0) as bytes_total, j.bytes_read, j.rows_loaded, j.rows_rejected, j.rows_skipped,
  j.error_code, j.error_message, j.error_hint, j.errors_path, j.duplicate_of,
  coalesce(j.options -> 'dry_run' = 'true', false) as dry_run,
  coalesce(j.options -> 'atomic' = 'true', false) as atomic, j.inspects,
  j.undone_at is not null as undone, coalesce((j.report ->> 'skipped_by_mode')::bigint, 0) as skipped_by_mode,
  coalesce((j.report ->> 'skipped_by_trigger')::bigint, 0) as skipped_by_trigger,
  (select t.mode from importer.find_target(j.target) as t) as mode,
  extract(epoch from coalesce(j.finished_at, clock_timestamp()) - (
    select max(e.happened_at) from public.import_job_events as e where e.job_id = j.id and e.event = 'running'
  ))::float as seconds
from public.import_jobs as j where j.id = %s
"""
ENDED = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job at one moment. `seconds` is the time since its last start, None before; `mode` is that of its target.

    `skipped_by_mode` of the skipped rows were skipped by the mode, `skipped_by_trigger` by triggers of the table.
    `now` is the time of the database.
    """

    id: UUID
    status: str
    phase: str | None
    target: str
    attempts: int
    run_after: datetime
    now: datetime
    bytes_total: int
    bytes_read: int
    rows_loaded: int
    rows_rejected: int
    rows_skipped: int
    error_code: str | None
    error_message: str | None
    error_hint: str | None
    errors_path: str | None
    duplicate_of: UUID | None
    dry_run: bool
    atomic: bool
    inspects: bool
    undone: bool
    skipped_by_mode: int
    skipped_by_trigger: int
    mode: str | None
    seconds: float | None

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.status in ENDED

    @property
    def rate(self) -> str:
        """Rows per second since the last start, as text; empty before the first row."""
        rows = self.rows_loaded + self.rows_rejected
        return f"{rows / self.seconds:,.0f} rows/s" if self.seconds and rows else ""


def read_state(conn: psycopg.Connection, job_id: UUID) -> JobState:
    """Return the present state of a job.

    Raises: UserError when there is no such job (any more); psycopg.Error.
    """
    with conn.cursor(row_factory=class_row(JobState)) as cursor:
        state = cursor.execute(QUERY, (job_id,)).fetchone()
    if state is None:
        raise UserError(f"there is no job {job_id}", "It was deleted; insert it again.", code="IJ108")
    return state


def status_of(status: str, *, dry_run: bool, undone: bool, duplicate: bool) -> str:
    """Return a status with what else a reader must know: that nothing was written, or nothing of it is left."""
    remarks = [word for word, holds in (("dry run", dry_run), ("undone", undone), ("duplicate", duplicate)) if holds]
    return f"{status} ({', '.join(remarks)})" if remarks else status
