"""What is the same for sinks that move rows from a staging relation into the target: one statement, or row by row."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from processor import load
from processor.database.sqlstates import is_about_a_row, is_refused_by_policy
from processor.load.bisect import isolate
from processor.run.sinks.sink import Immediate
from processor.run.sinks.statements import TransferStatements


@dataclass(slots=True, kw_only=True)
class Moving(Immediate):
    """`merge` has the statements, `enter` those by which the transaction takes the uploader's place."""

    merge: TransferStatements
    enter: sql.Composed | None = None

    def mends(self, exc: psycopg.Error) -> bool:
        """Tell whether a row could be at fault; missing grants were looked for before the first one."""
        return is_about_a_row(exc) or (self.enter is not None and is_refused_by_policy(exc))

    def isolated(
        self, conn: psycopg.Connection, total: int, record: Callable[[int], int], budget: int | None = None
    ) -> tuple[list[load.DatabaseRejection], int]:
        """Move the rows that the target takes; return the others, by place from 0, and how many were written.

        `record` gives the record number of each place. Who is refused is looked for by halving: INSERT … SELECT names
        no row. Stops after `budget` refused rows.
        """
        moved = 0

        def attempt(start: int, count: int) -> psycopg.Error | None:
            nonlocal moved
            written = 0

            def move() -> None:
                nonlocal written
                written = conn.execute(self.merge.move(record(start), record(start + count - 1))).rowcount

            exc = load.savepoint(conn, move, self.mends)
            moved += 0 if exc else written
            return exc

        refused = isolate(total, attempt, nowhere, lambda row, exc: load.refusal(row, exc, ()), budget)
        return refused, moved


def nowhere(exc: psycopg.Error, start: int, count: int) -> None:
    """Name no row: the server does not say at which one an INSERT … SELECT stood."""
