"""A witness: looks at the leases twenty times a second while everything runs, and keeps what it saw."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

PAUSE = 0.05
# Every so many looks, whether anything of an unfinished all-or-nothing job can be seen.
ATOMIC_EVERY = 10
LOOK = """
select j.id as job_id, j.status::text, j.attempts, l.token, l.worker, l.attempt, l.claimed_at, l.expires_at
from public.import_jobs as j full join importer.job_leases as l on l.job_id = j.id
where j.status = 'running' or l.job_id is not null
"""
# One statement, one snapshot: a job that is completed in it shows its rows in it.
VISIBLE = """
select j.id from public.import_jobs as j
where j.options -> 'atomic' = 'true' and j.status <> 'completed'
  and exists (select from public.chaos_rows as r where r.source = j.idempotency_key::integer)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A running job, a lease, or both together as they should be."""

    job_id: UUID | None
    status: str | None
    attempts: int | None
    token: UUID | None
    worker: str | None
    attempt: int | None
    claimed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lease:
    """All that was seen of a lease: `expires_at` is the latest."""

    job_id: UUID
    token: UUID
    worker: str
    attempt: int
    claimed_at: datetime
    expires_at: datetime


@dataclass(slots=True)
class Sight:
    """What the witness saw: `wrong` are things that must not be."""

    looks: int = 0
    atomic_looks: int = 0
    leases: dict[UUID, Lease] = field(default_factory=dict[UUID, Lease])
    wrong: list[str] = field(default_factory=list[str])
    visible: list[str] = field(default_factory=list[str])

    def take(self, seen: list[Seen]) -> None:
        """Take in one look."""
        self.looks += 1
        jobs = [each.job_id for each in seen]
        for each in seen:
            if each.token is None or each.status != "running" or each.attempt != each.attempts:
                self.wrong.append(f"job and lease do not fit: {each}")
            if jobs.count(each.job_id) > 1:
                self.wrong.append(f"two leases at one moment: {each}")
            self._keep(each)

    def _keep(self, each: Seen) -> None:
        if each.job_id and each.token and each.worker and each.attempt and each.claimed_at and each.expires_at:
            self.leases[each.token] = Lease(
                each.job_id, each.token, each.worker, each.attempt, each.claimed_at, each.expires_at
            )


class Sampler(threading.Thread):
    """Looks until stopped, whatever happens to the database meanwhile."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        super().__init__(name="sampler", daemon=True)
        self.sight = Sight()
        self.failure: BaseException | None = None
        self._connect = connect
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Look until stopped; a failure that is not the database's absence is kept in `failure`."""
        while not self._stopping.wait(PAUSE):
            try:
                with self._connect() as conn:
                    self._watch(conn)
            except psycopg.OperationalError:
                continue
            except BaseException as exc:  # noqa: BLE001 - told by the main thread
                self.failure = exc
                return

    def _watch(self, conn: psycopg.Connection) -> None:
        cursor = conn.cursor(row_factory=class_row(Seen))
        while not self._stopping.wait(PAUSE):
            self.sight.take(cursor.execute(LOOK).fetchall())
            if self.sight.looks % ATOMIC_EVERY == 0:
                self.sight.visible += [
                    f"rows of job {row[0]} before its end" for row in conn.execute(VISIBLE).fetchall()
                ]
                self.sight.atomic_looks += 1
