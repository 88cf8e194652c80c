"""Through a temporary table: where row security applies to each row, or rows meet existing rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from processor.errors import REJECTIONS
from processor.load import CopyTarget, Watch, copy_in_savepoint
from processor.model import Chunk, Offsets, Reason, Rejections, Rows
from processor.run.access.identity import acting
from processor.run.sinks.relation import RelationSink
from processor.run.sinks.sink import SinkResult, WaitTurn, copy_rows
from processor.run.sinks.statements import LAST, RECORD

# SQLSTATE cardinality_violation: ON CONFLICT met a key twice in one statement.
KEY_TWICE = "21000"


@dataclass(slots=True, kw_only=True)
class TempTableSink(RelationSink):
    """Each chunk goes by COPY into a temporary table, and from there into the target by one statement.

    The table lives for the transaction alone, as Supabase's transaction pooler demands. `create` creates it, `copy`
    fills it. `enter_keys` and `delete_repeated` are there where a key may occur only once in the file: they enter the
    keys into a table of the job's, and delete the staged rows whose key was there already. `deletes_superseded` says
    that superseded rows are deleted before each transfer.
    """

    create: sql.Composed
    copy: CopyTarget
    enter_keys: sql.Composed | None = None
    delete_repeated: sql.Composed | None = None
    deletes_superseded: bool = False
    waits_for_turn: bool = True

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """COPY the rows into the temporary table, and transfer them."""
        records = rows.index + chunk.position.record
        conn.execute(self.create)
        frame = rows.frame.with_columns(pl.Series(RECORD, records))
        rejected = self._stage(conn, frame, rows.certain, wait_turn, isolating=isolating)
        if self.ordered:
            wait_turn()
        rejected += self._reject_repeated(conn, records)
        superseded = 0
        if self.statements.delete_superseded is not None and (isolating or self.deletes_superseded):
            superseded = conn.execute(self.statements.delete_superseded).rowcount
        late, transferred = self._transfer(conn, records, wait_turn, isolating=isolating)
        rejected += late
        missing = len(records) - rejected.records.size - superseded - transferred
        others = self.owned_by_others(conn, missing, records[rejected.records])
        rejected += at_records(records, others, "IJ604")
        return SinkResult(rejected, len(records) - rejected.records.size - transferred, superseded)

    def meets_rules(self, conn: psycopg.Connection) -> bool:
        """Return whether the target has rules for INSERT."""
        row = conn.execute(self.statements.meets_rules).fetchone()
        return row is not None and row[0]

    def can_isolate(self, exc: psycopg.Error) -> bool:
        """Return whether a row could be at fault; once a key came twice, superseded rows are deleted first."""
        if exc.sqlstate == KEY_TWICE:
            self.deletes_superseded = True
        return exc.sqlstate == KEY_TWICE or RelationSink.can_isolate(self, exc)

    def _stage(
        self,
        conn: psycopg.Connection,
        frame: pl.DataFrame,
        certain: frozenset[str],
        wait_turn: WaitTurn,
        *,
        isolating: Watch | None,
    ) -> Rejections:
        """COPY the rows into the temporary table; return the rejections of those whose values its types do not accept.

        Only a domain or a type of the user's can refuse a value that has been validated, so all rows are tried first.
        """
        if isolating and not self.row_by_row and copy_in_savepoint(self.copy, conn, frame, certain):
            return Rejections()
        if isolating:
            wait_turn()
        return copy_rows(self.copy, conn, frame, certain, isolating=isolating)[0]

    def _transfer(
        self, conn: psycopg.Connection, records: Offsets, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> tuple[Rejections, int]:
        """Transfer the staged rows; return the rejections and the number of rows written."""
        if isolating:
            rejected, written = self.transfer_accepted(conn, records, watch=isolating, wait_turn=wait_turn)
            self.refuses = bool(rejected.records.size)
            return at_places(records, rejected), written
        with acting(conn, self.enter):
            return Rejections(), conn.execute(self.statements.transfer(0, LAST)).rowcount

    def _reject_repeated(self, conn: psycopg.Connection, records: Offsets) -> Rejections:
        """Delete the staged rows whose key came earlier in the file, where that is an error."""
        if self.enter_keys is None or self.delete_repeated is None:
            return Rejections()
        conn.execute(self.enter_keys)
        return at_records(records, sorted(int(row[0]) for row in conn.execute(self.delete_repeated)), "IJ417")


def at_records(records: Offsets, numbers: Sequence[int], code: str) -> Rejections:
    """Return the rejections of the rows with these record numbers."""
    return Rejections.of(np.searchsorted(records, numbers), Reason(None, code, REJECTIONS[code]))


def at_places(records: Offsets, rejected: Rejections) -> Rejections:
    """Return rejections by record number as those of rows, which have these `records`."""
    return replace(rejected, records=np.searchsorted(records, rejected.records).astype(np.int64))
