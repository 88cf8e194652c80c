"""What is the same for sinks that transfer rows from a staging relation: in one statement, or around refused rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.load import (
    DatabaseRejection,
    StagedRows,
    Watch,
    bisect,
    database_rejection,
    go_on,
    in_columns,
    savepoint,
)
from processor.model import Rejections
from processor.run.access.identity import Identity, acting, claims_alone
from processor.run.sinks.sink import ImmediateSink
from processor.run.sinks.statements import STAGE, TransferStatements

# The numbers of the records that are staged, or may be, in the order of the file.
Records = range | npt.NDArray[np.int64]


@dataclass(slots=True, kw_only=True)
class RelationSink(ImmediateSink):
    """`statements` transfer the rows; `enter` gives the transaction the uploader's identity.

    `prepare_steps` prepares the stage for being transferred in small steps.
    """

    statements: TransferStatements
    prepare_steps: sql.Composed
    enter: Identity | None = None

    def transfer_accepted(
        self, conn: psycopg.Connection, records: Records, *, limit: int | None = None, watch: Watch = go_on
    ) -> tuple[Rejections, int]:
        """Transfer the rows that the target accepts; return the rejections, by record number, and the rows written.

        It stops after `limit` rejections. `watch` is called with the places of rejected rows among `records`.
        Raises: psycopg.Error; what `watch` raises.
        """
        if not len(records):
            return Rejections(), 0
        if self.row_by_row:
            with acting(conn, self.enter):
                return self._transfer_row_by_row(conn, records, limit, watch)
        conn.execute(self.prepare_steps)
        staged = StagedRows(stage=STAGE, write=self.statements.step, role=self.enter.role if self.enter else None)
        first, last = int(records[0]), int(records[-1])
        with acting(conn, claims_alone(self.enter)):
            accepted = staged.write_accepted(
                conn, first, last, limit, lambda record, rejected: watch(place_of(records, record), rejected)
            )
        return accepted.rejections, accepted.written

    def _transfer_row_by_row(
        self, conn: psycopg.Connection, records: Records, limit: int | None, watch: Watch
    ) -> tuple[Rejections, int]:
        """Find refused rows by halving, since INSERT … SELECT names no row."""
        transferred = 0

        def try_rows(start: int, count: int) -> psycopg.Error | None:
            nonlocal transferred
            written = 0

            def transfer() -> None:
                nonlocal written
                statement = self.statements.transfer(int(records[start]), int(records[start + count - 1]))
                written = conn.execute(statement).rowcount

            error = savepoint(conn, transfer, lambda: conn.execute(self.statements.transfer(0, 0)))
            transferred += 0 if error else written
            return error

        def reject(row: int, exc: psycopg.Error) -> DatabaseRejection:
            return database_rejection(int(records[row]), exc, ())

        return in_columns(bisect(len(records), try_rows, no_row, reject, limit, watch)), transferred

    def owned_by_others(self, conn: psycopg.Connection, missing: int, rejected: npt.NDArray[np.int64]) -> list[int]:
        """Return the records that an upsert skipped because another owner has a row with their key.

        `missing` rows were neither written nor rejected; `rejected` are the records of the others. Where a trigger
        changes keys, more rows would be found than are missing: these are skipped without a reason.
        """
        if self.statements.select_owned_by_others is None or missing <= 0:
            return []
        with acting(conn, self.enter):
            rows = conn.execute(self.statements.select_owned_by_others).fetchall()
        records = sorted({int(row[0]) for row in rows} - set(rejected.tolist()))
        return records if len(records) <= missing else []


def place_of(records: Records, record: int) -> int:
    """Return the place of a record among others, which are in order."""
    return record - records[0] if isinstance(records, range) else int(np.searchsorted(records, record))


def no_row(exc: psycopg.Error, start: int, count: int) -> None:
    """Return None: the server does not say at which row an INSERT … SELECT stopped."""
