"""The session of a processor: a connection that it keeps open, on which it holds a lock, listens and renews leases."""

import contextlib
import secrets
import select
import socket
from collections.abc import Callable

import psycopg
from psycopg_pool import ConnectionPool

from processor import metrics
from processor.database.connection import connect
from processor.queue import sessions

# How long to wait for the second connection that tells a session from a pooled connection.
COMPARE_SECONDS = 2.0
# Other clients take connections of a pooler between two statements, so that one comparison may miss it.
COMPARISONS = 8
MAX_KEY = (1 << 31) - 1


class Session:
    """A connection that is opened again after a failure. Only the heartbeat's thread may use it.

    `lock` is the key of the lock while it is held, and 0 otherwise. Behind a pooler that gives each transaction another
    connection of the server there is no session: a lock and LISTEN would stay with that connection, and another client
    would get it next.
    """

    def __init__(self, database_url: str, pool: ConnectionPool, notified: Callable[[], None]) -> None:
        self._database_url, self._pool, self._notified = database_url, pool, notified
        self._key = 1 + secrets.randbelow(MAX_KEY)
        self._conn: psycopg.Connection | None = None
        self._backend = 0
        self._compared, self._pooled = False, False
        self.lock = 0
        self._interrupts, self._interrupter = socket.socketpair()

    def open(self) -> psycopg.Connection:
        """Return the connection, which is opened if it is not open, with the lock.

        Raises: psycopg.Error.
        """
        if self._conn is None:
            self._conn = connect(self._database_url)
            self._backend = sessions.backend(self._conn)
            if not self._pooled:
                self._begin(self._conn)
            # Jobs may have been inserted while the processor did not listen.
            self._notified()
        return self._conn

    def check(self) -> None:
        """Give the lock up if the connection has turned out to be pooled; take it if that could not be told before.

        Raises: psycopg.Error.
        """
        conn = self.open()
        if self.lock and sessions.backend(conn) != self._backend:
            self._pooled, self.lock = True, 0
        elif not (self._pooled or self._compared):
            self._begin(conn)

    def wait(self, seconds: float) -> None:
        """Return after this time, when the server has sent something, or when another thread interrupts.

        Raises: psycopg.OperationalError when the server has closed the connection.
        """
        conn = self.open()
        poll = select.poll()
        poll.register(conn.pgconn.socket, select.POLLIN)
        poll.register(self._interrupts, select.POLLIN)
        readable = [fd for fd, _ in poll.poll(max(0.0, seconds) * 1000)]
        if conn.pgconn.socket in readable:
            conn.pgconn.consume_input()
            while conn.pgconn.notifies():
                self._heard()

    def _heard(self) -> None:
        metrics.rung("notify")
        self._notified()

    def interrupt(self) -> None:
        """Let `wait` return, now and from now on."""
        self._interrupter.send(b"x")

    def close(self) -> None:
        """Close the connection; the server releases the lock."""
        self.lock = 0
        if self._conn is not None:
            with contextlib.suppress(psycopg.Error):
                self._conn.close()
            self._conn = None

    def _begin(self, conn: psycopg.Connection) -> None:
        # A server says at the start of a connection which process serves it. A pooler cannot know that yet: it makes a
        # number up (protocol message BackendKeyData), also when it keeps one connection of the server for the session.
        if conn.info.backend_pid == self._backend:
            self._compared = True
        self._pooled = sessions.backend(conn) != self._backend or (not self._compared and self._is_pooled(conn))
        # Without a comparison there is no lock, because a pooler's connection would keep it.
        if self._compared and not self._pooled:
            conn.add_notify_handler(lambda _: self._heard())
            sessions.listen(conn)
            self.lock = self._key if sessions.hold(conn, self._key) else 0

    def _is_pooled(self, conn: psycopg.Connection) -> bool:
        """Return whether another process of the server serves this connection, or this one serves another connection.

        A pooler with one idle connection would give it to every statement in turn. While another connection of the
        processor is in a transaction, it has to give it to that one. Once that has been compared, it is not compared
        again: a connection that is opened again must not wait for the pool, whose connections may be broken as well.
        """
        with contextlib.suppress(psycopg.Error), self._pool.connection(COMPARE_SECONDS) as other:
            for _ in range(COMPARISONS):
                with other.transaction():
                    if sessions.backend(other) == self._backend or sessions.backend(conn) != self._backend:
                        return True
            self._compared = True
        return False
