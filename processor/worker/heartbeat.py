"""The heartbeat: renew the leases of all jobs that this processor holds, on a connection of its own."""

import logging
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from processor.config import Config
from processor.database.cancellation import Cancellation
from processor.database.connection import connect
from processor.log import event
from processor.model import Job
from processor.queue import claims


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
    """Renews every `heartbeat_seconds`; a lease that could not be renewed for `lease_seconds` counts as lost."""

    def __init__(self, config: Config) -> None:
        self._config = config
        # By token: a lease of ours that was lost may have been followed by another one on the same job.
        self._leases: dict[UUID, Lease] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._conn: psycopg.Connection | None = None
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; no lease may be held any more."""
        self._stopped.set()
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

    def _beat(self) -> None:
        while not self._stopped.wait(self._config.heartbeat_seconds):
            with self._lock:
                leases = list(self._leases.values())
            for lease in leases:
                self._renew(lease)
            for lease in leases:
                if lease.lost.is_set():
                    lease.cancellation.cancel()
        if self._conn is not None:
            self._conn.close()

    def _renew(self, lease: Lease) -> None:
        now = time.monotonic()
        try:
            self._conn = self._conn or connect(self._config.database_url)
            holds = claims.renew(self._conn, lease.job, self._config.lease_seconds)
        except psycopg.Error as exc:
            event("heartbeat_failed", logging.WARNING, exception=type(exc).__name__)
            self._conn = None
            holds = now - lease.renewed < self._config.lease_seconds
        else:
            lease.renewed = now
        if not holds:
            lease.lost.set()
