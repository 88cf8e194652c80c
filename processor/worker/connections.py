"""The connections that are lent to one job, from the pool of the processor's sessions or of the uploader's."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from processor.database.cancellation import Cancellation
from processor.database.connection import end_session_state
from processor.model import Job

# How long to wait for a connection of the pool: longer than a restart of Postgres, shorter than a lease.
CONNECTION_SECONDS = 20.0
# How long a job waits for a further connection, without which it goes on.
EXTRA_SECONDS = 0.5

# What code of a user's table may have left in a session, which the next job must not find. Cached plans stay: making
# them anew takes 3 ms.
CLEAN: LiteralString = """
reset session authorization; reset role; reset all; deallocate all; close all; unlisten *; discard temp;
select pg_catalog.pg_advisory_unlock_all();
"""


@dataclass(frozen=True, slots=True)
class Pools:
    """The pools of sessions: of the processor, and of the role that writes as users, where there is one."""

    processor: ConnectionPool
    uploader: ConnectionPool | None = None

    def of(self, job: Job) -> ConnectionPool:
        """Return the pool in whose sessions a job runs.

        Staged rows are written by the processor, since no code of a user's table runs then. So are rows whose key may
        occur only once in a file: they need a table of keys, which the other role must not read. An inspection has
        neither, but its values are given to the types of the columns, and a domain may call code of a user.
        """
        by_processor = job.stages or (job.target is not None and job.target.on_duplicate_key == "error")
        if self.uploader is None or not job.as_uploader or (by_processor and not job.inspects):
            return self.processor
        return self.uploader


class JobConnections:
    """Lends connections whose statements `cancellation` can cancel; all jobs share the `spare` further ones."""

    def __init__(self, pools: Pools, job: Job, cancellation: Cancellation, spare: threading.Semaphore) -> None:
        self._pools, self._pool, self._job = pools, pools.of(job), job
        self._cancellation, self._spare = cancellation, spare

    @contextmanager
    def main(self) -> Generator[psycopg.Connection]:
        """Lend the job's own connection.

        Raises: PoolTimeout.
        """
        with self._lent(self._pool, CONNECTION_SECONDS) as conn:
            yield conn

    @contextmanager
    def extra(self) -> Generator[psycopg.Connection]:
        """Lend one of the spare connections.

        Raises: PoolTimeout when there is none at once.
        """
        if not self._spare.acquire(blocking=False):
            raise PoolTimeout("all further connections are lent")
        try:
            with self.replacement() as conn:
                yield conn
        finally:
            self._spare.release()

    @contextmanager
    def replacement(self) -> Generator[psycopg.Connection]:
        """Lend a connection in place of the job's own, which is broken.

        Raises: PoolTimeout.
        """
        with self._lent(self._pool, EXTRA_SECONDS) as conn:
            yield conn

    @contextmanager
    def writer(self, main: psycopg.Connection) -> Generator[psycopg.Connection]:
        """Lend the connection on which staged rows go into the target: `main`, or one in a session of the uploader.

        Raises: PoolTimeout.
        """
        if self._pools.uploader is None or not (self._job.as_uploader and self._job.stages):
            yield main
            return
        with self._lent(self._pools.uploader, CONNECTION_SECONDS) as conn:
            yield conn

    @contextmanager
    def _lent(self, pool: ConnectionPool, seconds: float) -> Generator[psycopg.Connection]:
        with pool.connection(seconds) as conn:
            try:
                with self._cancellation.on(conn):
                    yield conn
            finally:
                clean(conn)


def clean(conn: psycopg.Connection) -> None:
    """Make a session as it was when it was opened; close it where that fails."""
    try:
        end_session_state(conn, CLEAN)
    except psycopg.Error:
        with suppress(psycopg.Error):
            conn.close()
