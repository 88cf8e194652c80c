"""Connections to Postgres and their settings."""

import select
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from processor.errors import DatabaseUnavailable

# A server that vanishes is noticed within 30 s, which is less than the lease of 45 s.
KEEPALIVE: dict[str, int] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# Prepared statements are off because they do not survive Supabase's transaction pooler (port 6543).
SETTINGS: dict[str, object] = {
    **KEEPALIVE,
    "autocommit": True,
    "prepare_threshold": None,
    "client_encoding": "utf8",
    "application_name": "import-jobs",
}


def connect(database_url: str) -> psycopg.Connection:
    """Open a connection in autocommit mode.

    Raises: psycopg.OperationalError.
    """
    return psycopg.connect(database_url, **SETTINGS)  # pyright: ignore[reportArgumentType]


def check(conn: psycopg.Connection[Any]) -> None:
    """Check that a pooled connection is alive, with a round trip only if its socket has something to read.

    Nothing arrives on an idle connection except the message with which the server ends it.
    Raises: psycopg.OperationalError.
    """
    poll = select.poll()
    poll.register(conn.pgconn.socket, select.POLLIN)
    if poll.poll(0):
        ConnectionPool.check_connection(conn)


@contextmanager
def unavailable_if_broken(conn: psycopg.Connection[Any]) -> Generator[None]:
    """Turn a database error in the block into DatabaseUnavailable when it has left the connection broken.

    The error of a row that was on its way when the server went down would otherwise count as the job's own.
    Raises: DatabaseUnavailable, psycopg.Error.
    """
    try:
        yield
    except psycopg.Error as exc:
        if conn.broken:
            raise DatabaseUnavailable("the connection to the database was lost") from exc
        raise
