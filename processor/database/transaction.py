"""The transactions in which a job's rows are written."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg

# In one round trip, with a whole number and a UUID put in as they are: to compose it took 0.3 ms. No time-out (hosted
# roles inherit two minutes), and no constraint left to the commit.
BEGIN = """begin; set local statement_timeout = 0; set constraints all immediate;
set local idle_in_transaction_session_timeout = {}; set local application_name = 'import-jobs {}'"""


@contextmanager
def loading(conn: psycopg.Connection, job_id: UUID, idle_seconds: int, *, keep: bool = True) -> Generator[None]:
    """Open a transaction that loads a part of a job, on a connection in autocommit mode; roll it back unless `keep`.

    A processor that is paused or cut off must not keep the job's locks: the server ends a transaction that is idle for
    `idle_seconds`, and by its name `importer.end_former_sessions` finds one that waits in the middle of a COPY.
    Raises: psycopg.Error.
    """
    try:
        conn.execute(BEGIN.format(idle_seconds * 1000, job_id).encode())
        yield
    except BaseException:
        with suppress(psycopg.Error):  # what had been its reason counts
            conn.execute("rollback")
        raise
    conn.execute("commit" if keep else "rollback")


def idle(conn: psycopg.Connection, seconds: int) -> None:
    """Set how long this transaction may be idle; 0: any time."""
    conn.execute(f"set local idle_in_transaction_session_timeout = {seconds * 1000}".encode())
