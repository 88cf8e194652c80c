"""Locks on connections of the test, which stop a processor's transaction at a known statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.waiting import until

# The class of the advisory locks that the triggers of gated targets wait for; the object is the id of the row.
GATE = 4711
# The sessions of processors that execute a statement like `query` and wait for the session `pid`, directly or behind
# another session.
WAITING = """
with recursive behind as (
  select %(pid)s::integer as pid
  union
  select a.pid from pg_stat_activity as a, behind as b where b.pid = any(pg_blocking_pids(a.pid))
)
select a.pid from pg_stat_activity as a inner join behind using (pid)
where a.usename in ('import_processor', 'import_uploader') and a.query ilike %(query)s and a.wait_event_type = 'Lock'
"""


class Hold:
    """A lock in a session of its own. `observer` is a second session, which looks for the sessions that wait for it."""

    def __init__(self, conn: psycopg.Connection, observer: psycopg.Connection) -> None:
        self._conn, self._observer = conn, observer
        self._pid = conn.info.backend_pid

    def waiting(self, query: str = "%") -> list[int]:
        """Return the backend pids of processors that wait for the lock while they execute a statement like `query`."""
        rows = self._observer.execute(WAITING, {"pid": self._pid, "query": query}).fetchall()
        return [pid for (pid,) in rows]

    def wait_for(self, query: str, count: int = 1) -> list[int]:
        """Wait until `count` backends wait for the lock; return their pids."""
        until(lambda: len(self.waiting(query)) >= count, f"{count} backends that wait in {query}")
        return self.waiting(query)

    def release(self) -> None:
        """Give the lock up before the block ends."""
        self._conn.close()


@contextmanager
def held(url: str, statement: str, *parameters: object) -> Iterator[Hold]:
    """Execute a statement that takes a lock, and keep the lock until the block ends or `release` is called."""
    with psycopg.connect(url, autocommit=True) as observer:
        conn = psycopg.connect(url)
        try:
            conn.execute(statement, parameters or None)
            yield Hold(conn, observer)
        finally:
            conn.close()
