"""The heartbeat: renew the leases of all jobs that this processor holds, on a connection that loads nothing."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from processor.config import Config
from processor.database.cancellation import Cancellation
from processor.log import event
from processor.model import Job
from processor.queue import claims
from processor.worker.session import Session

# The pause before the session is opened again. Others wait 3 s for it before they take its jobs over.
RETRY_SECONDS = 0.5


@dataclass(slots=True)
class Lease:
    """The lease on a job. `lost` is set when it no longer holds; `renewed` is the monotonic time of the last renewal.

    `cancellation` knows the job's connections: once the lease is lost their statements are cancelled, since they
    cannot commit any more.
    """

    job: Job
    cancellation: Cancellation = field(default_factory=Cancellation)
    lost: threading.Event = field(default_factory=threading.Event)
    renewed: float = field(default_factory=time.monotonic)


class Heartbeat:
    """Renews every `heartbeat_seconds`; a lease that could not be renewed for `lease_seconds` counts as lost.

    In between it listens, and calls `notified` for each notification. Lock, LISTEN and renewals share a connection.
    """

    def __init__(self, config: Config, pool: ConnectionPool, notified: Callable[[], None]) -> None:
        self._config = config
        # By token: a lease of ours that was lost may have been followed by another one on the same job.
        self._leases: dict[UUID, Lease] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._session = Session(config.database_url, pool, notified)
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    @property
    def session(self) -> int:
        """The key of the lock that the session holds now, 0 when it holds none."""
        return self._session.lock

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; no lease may be held any more."""
        self._stopped.set()
        self._session.interrupt()
        self._thread.join()

    def hold(self, job: Job) -> Lease:
        """Renew this job's lease from now on."""
        lease = Lease(job)
        with self._lock:
            self._leases[job.token] = lease
        return lease

    def drop(self, job: Job) -> None:
        """Stop renewing this job's lease."""
        with self._lock:
            self._leases.pop(job.token, None)

    def _run(self) -> None:
        next_beat = 0.0
        while not self._stopped.is_set():
            try:
                self._session.open()
                if time.monotonic() >= next_beat:
                    self._session.check()
                    self._renew_all()
                    next_beat = time.monotonic() + self._config.heartbeat_seconds
                self._failing = False
                self._session.wait(next_beat - time.monotonic())
            except psycopg.Error as exc:
                self._fail(exc)
                # All leases are renewed as soon as the connection is back, with the key of the new lock.
                next_beat = 0.0
        self._session.close()

    def _fail(self, exc: psycopg.Error) -> None:
        """Close the connection, and give up the leases that have not been renewed for too long."""
        again, self._failing = self._failing, True
        if not again:  # logged once for each outage, and followed by another connection at once
            event("heartbeat_failed", logging.WARNING, exception=type(exc).__name__)
        self._session.close()
        for lease in self._held():
            if time.monotonic() - lease.renewed >= self._config.lease_seconds:
                lease.lost.set()
        self._cancel_lost()
        if again:
            self._stopped.wait(RETRY_SECONDS)

    def _renew_all(self) -> None:
        for lease in self._held():
            now = time.monotonic()
            conn, key = self._session.open(), self._session.lock
            if claims.renew(conn, lease.job, self._config.lease_seconds, key):
                lease.renewed = now
            else:
                lease.lost.set()
        self._cancel_lost()

    def _cancel_lost(self) -> None:
        for lease in self._held():
            if lease.lost.is_set():
                lease.cancellation.cancel()

    def _held(self) -> list[Lease]:
        with self._lock:
            return list(self._leases.values())
