"""The contents of the database after a run, read once; the checks read nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, Protocol, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from tests.chaos.oracle import Fingerprint, Rejection
from tests.chaos.tables import FINGERPRINTS

JOBS = """
select id, status::text, attempts, max_attempts, error_code, rows_read, rows_loaded, rows_rejected, rows_skipped,
  chunks_done
from public.import_jobs
"""
EVENTS = """
select job_id, happened_at, event, attempt, detail ->> 'from' as before, detail ->> 'by' as by, detail::text
from public.import_job_events order by id
"""
CHUNKS = """
select job_id, seq, byte_start, byte_end, next_record, rows_read, rows_loaded, rows_rejected, rows_skipped, attempt,
  committed_at
from importer.job_chunks order by job_id, seq
"""
REJECTIONS = """
select job_id, record_number, line_number, code from public.import_job_errors
where position = 1 order by job_id, record_number
"""
STAGING_TABLES = """
select c.relname from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('importer', 'public') and c.relname like 'staging%'
"""
# All texts of the product that must not quote a value. Previews and raw records quote values on purpose.
MESSAGES = """
select 'import_jobs', concat_ws(' ', error_message, error_hint) from public.import_jobs
union all
select 'import_job_events', detail::text from public.import_job_events
union all
select 'import_job_errors', message from public.import_job_errors
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of import_jobs."""

    id: UUID
    status: str
    attempts: int
    max_attempts: int
    error_code: str | None
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    rows_skipped: int
    chunks_done: int

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status in ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row of import_job_events; `before` is the previous status, `by` the database role that changed it."""

    job_id: UUID
    happened_at: datetime
    event: str
    attempt: int
    before: str | None
    by: str | None
    detail: str

    @property
    def is_transition(self) -> bool:
        """Whether the event is a change of the status; other events accompany one."""
        return self.event in ("pending", "running", "completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A row of the ledger."""

    job_id: UUID
    seq: int
    byte_start: int
    byte_end: int
    next_record: int
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    rows_skipped: int
    attempt: int
    committed_at: datetime

    @property
    def records(self) -> range:
        """The numbers of the records in the chunk."""
        return range(self.next_record - self.rows_read, self.next_record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The contents of the database; `fingerprints` are by table and number of the job."""

    jobs: dict[UUID, Job]
    events: dict[UUID, list[Event]]
    chunks: dict[UUID, list[Chunk]]
    rejections: dict[UUID, list[Rejection]]
    fingerprints: dict[tuple[str, int], Fingerprint]
    staging_tables: list[str]
    messages: list[tuple[str, str]]


class _BelongsToJob(Protocol):
    @property
    def job_id(self) -> UUID: ...


RowOfJob = TypeVar("RowOfJob", bound=_BelongsToJob)
Row = TypeVar("Row")


def read(conn: psycopg.Connection[Any]) -> Snapshot:
    """Read everything that the checks need."""
    rejections: dict[UUID, list[Rejection]] = defaultdict(list)
    for job_id, record, line, code in conn.execute(REJECTIONS).fetchall():
        rejections[job_id].append((record, line, code))
    return Snapshot(
        jobs={job.id: job for job in fetch(conn, Job, JOBS)},
        events=group_by_job(fetch(conn, Event, EVENTS)),
        chunks=group_by_job(fetch(conn, Chunk, CHUNKS)),
        rejections=rejections,
        fingerprints={
            (table, source): Fingerprint(count, int(low), int(high))
            for table, source, count, low, high in conn.execute(FINGERPRINTS).fetchall()
        },
        staging_tables=[row[0] for row in conn.execute(STAGING_TABLES).fetchall()],
        messages=[(row[0], row[1]) for row in conn.execute(MESSAGES).fetchall()],
    )


def fetch(conn: psycopg.Connection[Any], row_class: type[Row], query: LiteralString) -> list[Row]:
    """Run a query whose columns are the fields of a class; return its rows."""
    with conn.cursor(row_factory=class_row(row_class)) as cursor:
        return cursor.execute(query).fetchall()


def group_by_job(rows: Iterable[RowOfJob]) -> dict[UUID, list[RowOfJob]]:
    """Group rows by job; the rows of a job keep their order."""
    groups: dict[UUID, list[RowOfJob]] = defaultdict(list)
    for row in rows:
        groups[row.job_id].append(row)
    return groups
