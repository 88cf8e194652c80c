"""Locks that hold a processor's transaction at one place, taken and let go by the test's own connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.waiting import until

# Class of the advisory locks that the targets' triggers wait for; the object is the row's id.
GATE = 4711
# Of the sessions that wait for a lock of ours, directly or behind another, those of processors; with what they execute.
WAITING = """
with recursive behind as (
  select %(pid)s::integer as pid
  union
  select a.pid from pg_stat_activity as a, behind as b where b.pid = any(pg_blocking_pids(a.pid))
)
select a.pid from pg_stat_activity as a inner join behind using (pid)
where a.usename = 'import_processor' and a.query ilike %(query)s and a.wait_event_type = 'Lock'
"""


class Hold:
    """A lock in a session of its own; `look` is another session, which tells who waits for it."""

    def __init__(self, conn: psycopg.Connection, look: psycopg.Connection) -> None:
        self._conn, self._look = conn, look
        self._pid = conn.info.backend_pid

    def waiting(self, query: str = "%") -> list[int]:
        """Return the backends of processors that wait for the lock, while executing something like `query`."""
        rows = self._look.execute(WAITING, {"pid": self._pid, "query": query}).fetchall()
        return [pid for (pid,) in rows]

    def wait_for(self, query: str, count: int = 1) -> list[int]:
        """Return when `count` backends wait."""
        until(lambda: len(self.waiting(query)) >= count, f"{count} waiting in {query}")
        return self.waiting(query)

    def release(self) -> None:
        self._conn.close()


@contextmanager
def held(url: str, statement: str, *parameters: object) -> Iterator[Hold]:
    """Execute a statement that locks, and keep the lock until the end of the block, or `release`."""
    with psycopg.connect(url, autocommit=True) as look:
        conn = psycopg.connect(url)
        try:
            conn.execute(statement, parameters or None)
            yield Hold(conn, look)
        finally:
            conn.close()
