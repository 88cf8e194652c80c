"""Cancel the statements of a job from another thread."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus

# A cancel request needs a connection of its own. It is abandoned when the server does not answer in this time.
CANCEL_SECONDS = 1.0


class Cancellation:
    """The connections that a job is using, whose statements can be cancelled."""

    def __init__(self) -> None:
        self._conns: list[psycopg.Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def on(self, conn: psycopg.Connection) -> Generator[psycopg.Connection]:
        """Register a connection for the length of the block. What it executes later is not cancelled."""
        with self._lock:
            self._conns.append(conn)
        try:
            yield conn
        finally:
            with self._lock:
                self._conns.remove(conn)

    def cancel(self) -> None:
        """Cancel the statements being executed: each fails with 57014, and its transaction is rolled back."""
        with self._lock:
            for conn in self._conns:
                if conn.info.transaction_status == TransactionStatus.ACTIVE:
                    with suppress(psycopg.Error, OSError):
                        conn.cancel_safe(timeout=CANCEL_SECONDS)
