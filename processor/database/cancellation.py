"""What the connections of a job are executing, so that another thread can cut it short."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus

# A cancel request is a connection of its own; a server that does not answer it is left alone.
CANCEL_SECONDS = 1.0


class Cancellation:
    """The connections that a job is using."""

    def __init__(self) -> None:
        self._conns: list[psycopg.Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def on(self, conn: psycopg.Connection) -> Generator[psycopg.Connection]:
        """Use a connection; what it executes after the block is not cancelled."""
        with self._lock:
            self._conns.append(conn)
        try:
            yield conn
        finally:
            with self._lock:
                self._conns.remove(conn)

    def cancel(self) -> None:
        """Cancel what is being executed: it fails with 57014 and its transaction is rolled back."""
        with self._lock:
            for conn in self._conns:
                if conn.info.transaction_status == TransactionStatus.ACTIVE:
                    with suppress(psycopg.Error, OSError):
                        conn.cancel_safe(timeout=CANCEL_SECONDS)
