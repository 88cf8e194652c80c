"""Slots: the threads in which one kind of job runs, and the leases of those that run now."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import psycopg

from processor.model import Job
from processor.worker.heartbeat import Lease


class Claim(Protocol):
    """Takes up to `max_jobs` due jobs of one kind for a worker."""

    def __call__(
        self, conn: psycopg.Connection, worker: str, max_jobs: int, lease_seconds: int, session: int
    ) -> list[Job]: ...


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """One kind of job: how many may begin now, how they are claimed, and what begins one."""

    free: Callable[[], int]
    claim: Claim
    begin: Callable[[Job], None]
    of_imports: bool = False


class Slots:
    """Runs at most `count` jobs at once, each in a thread."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        # By the lease's token: a processor that was paused may claim a job again that one of its threads still has.
        self._running: dict[UUID, Lease] = {}
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=name)

    def free(self) -> int:
        """Return how many further jobs may begin."""
        return self._count - len(self._running)

    @property
    def count(self) -> int:
        """The number of jobs that may run at once."""
        return self._count

    def mostly_taken(self) -> bool:
        """Return whether jobs run in more than half of the slots."""
        return 2 * len(self._running) > self._count

    def leases(self) -> list[Lease]:
        """Return the leases of the jobs that run."""
        return list(self._running.values())

    def run(self, lease: Lease, run: Callable[[Lease], None]) -> None:
        """Call `run` in a thread; it calls `done` when the job has ended."""
        self._running[lease.job.token] = lease
        self._threads.submit(run, lease)

    def done(self, lease: Lease) -> None:
        """Free the slot of a job."""
        del self._running[lease.job.token]

    def shutdown(self) -> None:
        """Wait until all threads have ended."""
        self._threads.shutdown(wait=True)
