"""What the database says after the run, read once: the checks look at nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, Protocol, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from tests.chaos.oracle import Fingerprint, Rejected
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
ERRORS = "select job_id, record_number, line_number, code from public.import_job_errors order by job_id, record_number"
STAGES = """
select c.relname from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('importer', 'public') and c.relname like 'stage%'
"""
# Everything that the product says in words; none of it may repeat a value (previews and raw records do, on purpose).
SAID = """
select 'import_jobs', concat_ws(' ', error_message, error_hint) from public.import_jobs
union all
select 'import_job_events', detail::text from public.import_job_events
union all
select 'import_job_errors', message from public.import_job_errors
"""


@dataclass(frozen=True, slots=True)
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
        """Whether nothing happens to it any more by itself."""
        return self.status in ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Event:
    """A row of import_job_events; `before` is the status it came from, `by` the database role that did it."""

    job_id: UUID
    happened_at: datetime
    event: str
    attempt: int
    before: str | None
    by: str | None
    detail: str

    @property
    def is_transition(self) -> bool:
        """Whether the job's status changed; the other events stand beside one."""
        return self.event in ("pending", "running", "completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
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
        """The numbers of its records."""
        return range(self.next_record - self.rows_read, self.next_record)


@dataclass(frozen=True, slots=True)
class Facts:
    """The database after the run. `rows` is by table and job number."""

    jobs: dict[UUID, Job]
    events: dict[UUID, list[Event]]
    chunks: dict[UUID, list[Chunk]]
    errors: dict[UUID, list[Rejected]]
    rows: dict[tuple[str, int], Fingerprint]
    stages: list[str]
    said: list[tuple[str, str]]


class _OfJob(Protocol):
    @property
    def job_id(self) -> UUID: ...


Part = TypeVar("Part", bound=_OfJob)
Shape = TypeVar("Shape")


def read(conn: psycopg.Connection[Any]) -> Facts:
    """Read everything that is checked."""
    errors: dict[UUID, list[Rejected]] = defaultdict(list)
    for job_id, record, line, code in conn.execute(ERRORS).fetchall():
        errors[job_id].append((record, line, code))
    return Facts(
        jobs={job.id: job for job in fetch(conn, Job, JOBS)},
        events=by_job(fetch(conn, Event, EVENTS)),
        chunks=by_job(fetch(conn, Chunk, CHUNKS)),
        errors=errors,
        rows={
            (place, source): Fingerprint(count, int(low), int(high))
            for place, source, count, low, high in conn.execute(FINGERPRINTS).fetchall()
        },
        stages=[row[0] for row in conn.execute(STAGES).fetchall()],
        said=[(row[0], row[1]) for row in conn.execute(SAID).fetchall()],
    )


def fetch(conn: psycopg.Connection[Any], shape: type[Shape], query: LiteralString) -> list[Shape]:
    """Run a query whose columns are the fields of a class."""
    with conn.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(query).fetchall()


def by_job(parts: Iterable[Part]) -> dict[UUID, list[Part]]:
    """Sort by job, in the order given."""
    found: dict[UUID, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.job_id].append(part)
    return found
