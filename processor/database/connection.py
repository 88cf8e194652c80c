"""Connections to Postgres and their settings."""

import select
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.pq import ExecStatus
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
# What the processor's statements depend on, whatever the role or the database is set to. Settings that this version of
# Postgres does not have are left out. Not here, because they are for the administrator to decide: search_path and
# TimeZone (triggers and values see them), lock_timeout (a job that it ends is retried), synchronous_commit, and
# default_transaction_read_only, with which Supabase stops writes to a disk that is nearly full.
SESSION: LiteralString = """
select pg_catalog.set_config(s.name, s.value, false)
from (values
  ('array_nulls', 'on'),                              -- NULL in an array of parameters is a null
  ('row_security', 'on'),                             -- off raises an error where a policy applies to the uploader
  ('standard_conforming_strings', 'on'),
  ('quote_all_identifiers', 'off'),                   -- on changes the types' names that format_type() gives
  ('default_transaction_isolation', 'read committed'),
  ('DateStyle', 'ISO'),                               -- the form in which psycopg reads times; the order stays
  ('restrict_nonsystem_relation_kind', ''),           -- staged rows are read through a view
  ('transaction_timeout', '0'),                       -- a chunk and the end of a job may take any time
  ('idle_session_timeout', '0'),                      -- a connection is idle while its file is read
  ('exit_on_error', 'off'),                           -- a rejected row would end the session
  ('plpgsql.extra_errors', 'none')
) as s (name, value)
where pg_catalog.current_setting(s.name, true) <> s.value
"""


def connect(database_url: str) -> psycopg.Connection:
    """Open a connection in autocommit mode, with the settings that the processor depends on.

    Raises: psycopg.OperationalError.
    """
    conn = psycopg.connect(database_url, **SETTINGS)  # pyright: ignore[reportArgumentType]
    configure_session(conn)
    return conn


def configure_session(conn: psycopg.Connection[Any]) -> None:
    """Set the settings that the processor depends on for this session, in one round trip.

    Raises: psycopg.Error.
    """
    conn.execute(SESSION)


def end_session_state(conn: psycopg.Connection[Any], clean: LiteralString) -> None:
    """Execute the statements of `clean`, then set the settings again, in one round trip.

    Past psycopg, which takes 0.1 ms to look at the results of ten statements one by one.
    Raises: psycopg.OperationalError.
    """
    result = conn.pgconn.exec_((clean + SESSION).encode())
    if result.status != ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.get_error_message())


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
