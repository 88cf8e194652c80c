"""The connections of the pool that are lent to one job."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from processor.database.cancellation import Cancellation

# How long to wait for a connection of the pool: longer than a restart of Postgres, shorter than a lease.
CONNECTION_SECONDS = 20.0
# How long a job waits for a further connection, without which it goes on.
EXTRA_SECONDS = 0.5


class JobConnections:
    """Lends connections whose statements `cancellation` can cancel; all jobs share the `spare` further ones."""

    def __init__(self, pool: ConnectionPool, cancellation: Cancellation, spare: threading.Semaphore) -> None:
        self._pool, self._cancellation, self._spare = pool, cancellation, spare

    @contextmanager
    def main(self) -> Generator[psycopg.Connection]:
        """Lend the job's own connection.

        Raises: PoolTimeout.
        """
        with self._pool.connection(CONNECTION_SECONDS) as conn, self._cancellation.on(conn):
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
        with self._pool.connection(EXTRA_SECONDS) as conn, self._cancellation.on(conn):
            yield conn
