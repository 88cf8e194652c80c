"""What is the same for sinks that transfer rows from a staging relation: in one statement, or around rejected rows."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from processor.database.sqlstates import is_about_a_row, is_refused_by_policy
from processor.load import DatabaseRejection, bisect, database_rejection, savepoint
from processor.run.sinks.sink import ImmediateSink
from processor.run.sinks.statements import TransferStatements


@dataclass(slots=True, kw_only=True)
class RelationSink(ImmediateSink):
    """`statements` transfer the rows; `enter` gives the transaction the uploader's identity."""

    statements: TransferStatements
    enter: sql.Composed | None = None

    def can_isolate(self, exc: psycopg.Error) -> bool:
        """Return whether the error may be about a row; missing grants were looked for before the first one."""
        return is_about_a_row(exc) or (self.enter is not None and is_refused_by_policy(exc))

    def transfer_accepted(
        self, conn: psycopg.Connection, total: int, record: Callable[[int], int], limit: int | None = None
    ) -> tuple[list[DatabaseRejection], int]:
        """Transfer the rows that the target accepts; return the rejections, by place from 0, and the rows written.

        `record` gives the record number of each place. Rejected rows are found by halving, since INSERT … SELECT names
        no row. It stops after `limit` rejections.
        """
        transferred = 0

        def try_rows(start: int, count: int) -> psycopg.Error | None:
            nonlocal transferred
            written = 0

            def transfer() -> None:
                nonlocal written
                statement = self.statements.transfer(record(start), record(start + count - 1))
                written = conn.execute(statement).rowcount

            error = savepoint(conn, transfer, self.can_isolate)
            transferred += 0 if error else written
            return error

        rejected = bisect(total, try_rows, no_row, lambda row, exc: database_rejection(row, exc, ()), limit)
        return rejected, transferred


def no_row(exc: psycopg.Error, start: int, count: int) -> None:
    """Return None: the server does not say at which row an INSERT … SELECT stopped."""
