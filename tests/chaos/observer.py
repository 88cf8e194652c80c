"""An observer that samples the leases twenty times a second during the run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

PAUSE = 0.05
# The number of samples of the leases for one sample of the visible rows of atomic jobs.
VISIBILITY_EVERY = 10
SAMPLE = """
select j.id as job_id, j.status::text, j.attempts, l.token, l.worker, l.attempt, l.claimed_at, l.expires_at
from public.import_jobs as j full join importer.job_leases as l on l.job_id = j.id
where j.status = 'running' or l.job_id is not null
"""
# One statement has one snapshot: where it shows a job as completed, it shows the job's rows as well.
VISIBLE_ROWS = """
select j.id from public.import_jobs as j
where j.options -> 'atomic' = 'true' and j.status <> 'completed'
  and exists (select from public.chaos_rows as r where r.source = j.idempotency_key::integer)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAndLease:
    """A running job and its lease; a missing job or lease has None in its fields, which is a violation."""

    job_id: UUID | None
    status: str | None
    attempts: int | None
    token: UUID | None
    worker: str | None
    attempt: int | None
    claimed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease as observed; `expires_at` is the latest value."""

    job_id: UUID
    token: UUID
    worker: str
    attempt: int
    claimed_at: datetime
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class Observations:
    """All observations of a run; `visible_rows` are descriptions of rows that were visible too early."""

    samples: int = 0
    visibility_samples: int = 0
    leases: dict[UUID, Lease] = field(default_factory=dict[UUID, Lease])
    violations: list[str] = field(default_factory=list[str])
    visible_rows: list[str] = field(default_factory=list[str])

    def add_sample(self, sample: list[JobAndLease]) -> None:
        """Add one sample of all running jobs and leases."""
        self.samples += 1
        job_ids = [row.job_id for row in sample]
        for row in sample:
            if row.token is None or row.status != "running" or not has_attempt(row):
                self.violations.append(f"job and lease disagree: {row}")
            if job_ids.count(row.job_id) > 1:
                self.violations.append(f"two leases at one moment: {row}")
            self._add_lease(row)

    def _add_lease(self, row: JobAndLease) -> None:
        if row.job_id and row.token and row.worker and row.attempt and row.claimed_at and row.expires_at:
            self.leases[row.token] = Lease(
                job_id=row.job_id,
                token=row.token,
                worker=row.worker,
                attempt=row.attempt,
                claimed_at=row.claimed_at,
                expires_at=row.expires_at,
            )


def has_attempt(row: JobAndLease) -> bool:
    """Return whether the lease is of the job's attempt, or of a later one: earlier ones may have been restored."""
    return row.attempt is not None and row.attempts is not None and row.attempt >= row.attempts


class Observer(threading.Thread):
    """Samples until stopped, and connects again whenever the database was unavailable."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        super().__init__(name="observer", daemon=True)
        self.observations = Observations()
        self.failure: BaseException | None = None
        self._connect = connect
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Stop sampling."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Sample until stopped; an exception other than an unavailable database is kept in `failure`."""
        while not self._stopping.wait(PAUSE):
            try:
                with self._connect() as conn:
                    self._sample(conn)
            except psycopg.OperationalError:
                continue
            except BaseException as exc:  # noqa: BLE001 - the main thread reports it
                self.failure = exc
                return

    def _sample(self, conn: psycopg.Connection) -> None:
        cursor = conn.cursor(row_factory=class_row(JobAndLease))
        while not self._stopping.wait(PAUSE):
            self.observations.add_sample(cursor.execute(SAMPLE).fetchall())
            if self.observations.samples % VISIBILITY_EVERY == 0:
                job_ids = [row[0] for row in conn.execute(VISIBLE_ROWS).fetchall()]
                self.observations.visible_rows += [f"rows of job {job_id} before its end" for job_id in job_ids]
                self.observations.visibility_samples += 1
