"""The transactions that write the rows of a job."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg

# One round trip. An integer and a UUID are formatted into the text; composing it with psycopg.sql took 0.3 ms.
# statement_timeout is off because hosted roles inherit two minutes. Deferred constraints are checked at once, so that
# a violation is reported by the statement that causes it and not by the commit.
BEGIN = """begin; set local statement_timeout = 0; set constraints all immediate;
set local idle_in_transaction_session_timeout = {}; set local application_name = 'import-jobs {}'"""
# A round trip of its own, because the token must not be in a text that pg_stat_activity shows.
HOLD_TARGET = "select importer.hold_target(%s, %s)"


@contextmanager
def loading(
    conn: psycopg.Connection, job_id: UUID, idle_seconds: int, *, token: UUID | None = None, keep: bool = True
) -> Generator[None]:
    """Open a transaction that loads rows of a job, on a connection in autocommit mode; roll it back unless `keep`.

    A processor that is paused or cut off must not hold the job's locks. The server ends a transaction that is idle for
    `idle_seconds`. A session that waits in the middle of a COPY is not idle: `importer.end_former_sessions` finds it by
    its application name. With the `token` of the lease, the target's table stays the registered one until the end.
    Raises: psycopg.Error, with SQLSTATE IJ503 when another table has taken its place, IJ103 without a lease.
    """
    try:
        conn.execute(BEGIN.format(idle_seconds * 1000, job_id).encode())
        if token:
            conn.execute(HOLD_TARGET, (job_id, token))
        yield
    except BaseException:
        with suppress(psycopg.Error):  # the exception that ended the block is the one to report
            conn.execute("rollback")
        raise
    conn.execute("commit" if keep else "rollback")


def idle(conn: psycopg.Connection, seconds: int) -> None:
    """Set how long the current transaction may be idle; 0 means without limit."""
    conn.execute(f"set local idle_in_transaction_session_timeout = {seconds * 1000}".encode())
