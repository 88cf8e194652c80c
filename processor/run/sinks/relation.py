"""What is the same for sinks that transfer rows from a staging relation: in one statement, or around refused rows."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.load import (
    Accepted,
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
from processor.run.sinks.judged_transfer import JudgedTransfer
from processor.run.sinks.sink import ImmediateSink, WaitTurn
from processor.run.sinks.statements import STAGE, TransferStatements

# The numbers of the records that are staged, or may be, in the order of the file.
Records = range | npt.NDArray[np.int64]
#: What is known of so many rows takes some megabytes.
SLICE_ROWS: Final = 1 << 18


def at_once() -> None:
    """Wait for nothing."""


@dataclass(slots=True, kw_only=True)
class RelationSink(ImmediateSink):
    """`statements` transfer the rows; `enter` gives the transaction the uploader's identity.

    `prepare_steps` prepares the stage for being transferred in small steps. `judged` finds refused rows by sets, where
    these can say it.
    """

    statements: TransferStatements
    prepare_steps: sql.Composed
    judged: JudgedTransfer | None = None
    enter: Identity | None = None

    def can_isolate(self, exc: psycopg.Error) -> bool:
        """Return whether a row may have caused the error."""
        if self.judged:
            self.judged.note(exc)
        return ImmediateSink.can_isolate(self, exc)

    def transfer_accepted(
        self,
        conn: psycopg.Connection,
        records: Records,
        *,
        limit: int | None = None,
        watch: Watch = go_on,
        wait_turn: WaitTurn = at_once,
    ) -> tuple[Rejections, int]:
        """Transfer the rows that the target accepts; return the rejections, by record number, and the rows written.

        It stops after `limit` rejections. `watch` is called with the places of rejected rows among `records`, and
        `wait_turn` before anything is written.
        Raises: psycopg.Error; what `watch` raises.
        """
        if not len(records):
            return Rejections(), 0
        if self.row_by_row:
            wait_turn()
            with acting(conn, self.enter):
                return self._transfer_row_by_row(conn, records, limit, watch)
        prepared = False
        parts: list[Rejections] = []
        refused = written = 0
        for first, last in slices(records):
            left = None if limit is None else limit - refused
            if left == 0:
                break
            watch_slice = partial(watch_records, watch, records, refused)
            done = self.judged.write(conn, (first, last), left, watch_slice, wait_turn) if self.judged else None
            if done is None:
                wait_turn()
                if not prepared:
                    conn.execute(self.prepare_steps)
                    prepared = True
                done = self._in_steps(conn, first, last, left, watch_slice)
            parts.append(done.rejections)
            refused, written = refused + done.rejections.records.size, written + done.written
        return Rejections.joined(parts), written

    def _in_steps(self, conn: psycopg.Connection, first: int, last: int, limit: int | None, watch: Watch) -> Accepted:
        staged = StagedRows(stage=STAGE, write=self.statements.step, role=self.enter.role if self.enter else None)
        with acting(conn, claims_alone(self.enter)):
            return staged.write_accepted(conn, first, last, limit, watch)

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


def slices(records: Records) -> list[tuple[int, int]]:
    """Return the first and the last record of each part that is judged at once."""
    return [
        (int(records[start]), int(records[min(start + SLICE_ROWS, len(records)) - 1]))
        for start in range(0, len(records), SLICE_ROWS)
    ]


def watch_records(watch: Watch, records: Records, before: int, record: int, rejected: int) -> None:
    """Call `watch` with the place of a rejected record, and with the number of rejections so far."""
    watch(place_of(records, record), before + rejected)


def place_of(records: Records, record: int) -> int:
    """Return the place of a record among others, which are in order."""
    return record - records[0] if isinstance(records, range) else int(np.searchsorted(records, record))


def no_row(exc: psycopg.Error, start: int, count: int) -> None:
    """Return None: the server does not say at which row an INSERT … SELECT stopped."""
