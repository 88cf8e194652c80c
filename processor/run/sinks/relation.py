"""What is the same for sinks that transfer rows from a staging relation: in one statement, or around rejected rows."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from processor.load import DatabaseRejection, Watch, bisect, database_rejection, go_on, savepoint
from processor.run.access.identity import Identity
from processor.run.sinks.sink import ImmediateSink
from processor.run.sinks.statements import TransferStatements


@dataclass(slots=True, kw_only=True)
class RelationSink(ImmediateSink):
    """`statements` transfer the rows; `enter` gives the transaction the uploader's identity."""

    statements: TransferStatements
    enter: Identity | None = None

    def transfer_accepted(
        self,
        conn: psycopg.Connection,
        total: int,
        record: Callable[[int], int],
        *,
        limit: int | None = None,
        watch: Watch = go_on,
    ) -> tuple[list[DatabaseRejection], int]:
        """Transfer the rows that the target accepts; return the rejections, by place from 0, and the rows written.

        `record` gives the record number of each place. Rejected rows are found by halving, since INSERT … SELECT names
        no row. It stops after `limit` rejections.
        Raises: psycopg.Error; what `watch` raises.
        """
        transferred = 0

        def try_rows(start: int, count: int) -> psycopg.Error | None:
            nonlocal transferred
            written = 0

            def transfer() -> None:
                nonlocal written
                statement = self.statements.transfer(record(start), record(start + count - 1))
                written = conn.execute(statement).rowcount

            error = savepoint(conn, transfer, lambda: conn.execute(self.statements.transfer(0, 0)))
            transferred += 0 if error else written
            return error

        rejected = bisect(total, try_rows, no_row, lambda row, exc: database_rejection(row, exc, ()), limit, watch)
        return rejected, transferred

    def owned_by_others(self, conn: psycopg.Connection, missing: int, rejected: frozenset[int]) -> list[int]:
        """Return the records that an upsert skipped because another owner has a row with their key.

        `missing` rows were neither written nor rejected; `rejected` are the records of the others. Where a trigger
        changes keys, more rows would be found than are missing: these are skipped without a reason.
        """
        if self.statements.select_owned_by_others is None or missing <= 0:
            return []
        rows = conn.execute(self.statements.select_owned_by_others).fetchall()
        records = sorted({int(row[0]) for row in rows} - rejected)
        return records if len(records) <= missing else []


def no_row(exc: psycopg.Error, start: int, count: int) -> None:
    """Return None: the server does not say at which row an INSERT … SELECT stopped."""
