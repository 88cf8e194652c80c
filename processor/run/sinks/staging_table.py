"""All or nothing: chunks go into a staging table of the job's own, which is transferred into the target at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from psycopg import sql

from processor.database.wire_arrays import BigintArray
from processor.errors import REJECTIONS, DatabaseBusy, NotPermitted
from processor.load import CopyTarget, Watch
from processor.model import Chunk, Job, Reason, RejectedRecords, Rejections, Rows
from processor.queue import staging
from processor.queue.waiting import self_references
from processor.run.access.identity import acting
from processor.run.sinks.dry_run import Comparison, outcome
from processor.run.sinks.generated_columns import GeneratedColumns
from processor.run.sinks.relation import RelationSink
from processor.run.sinks.retried import RetriedRows
from processor.run.sinks.sink import SinkResult, WaitTurn, copy_rows
from processor.run.sinks.statements import LAST, LINE, RECORD, STAGE

STAGED_VALUES = sql.SQL('select s."#record", to_jsonb(s) from {} as s where s."#record" = any (%s)').format(STAGE)

#: One part in so many is the beginning of a file.
BEGINNING: Final = 64
#: So many rows of a file are judged at once, by masks of a byte a row.
FORESEEN_ROWS: Final = 1 << 22


@dataclass(slots=True, kw_only=True)
class StagingTableSink(RelationSink):
    """Rows are staged with their record and line numbers; a dry run tries the target at the end, and rolls that back.

    `create_view` creates a temporary view of the stage, which an uploader may read although the stage itself is not
    readable; `drop_view` drops it. `clear` deletes the rows that a target of mode replace replaces. `select_repeated`
    selects the records whose key came earlier in the file, where that is an error. `comparison` counts, in a dry run,
    the rows that exist.
    """

    copy: CopyTarget
    stage: sql.Composable
    count: sql.Composed
    delete: sql.Composed
    delete_after: sql.Composed
    create_view: sql.Composed
    drop_view: sql.Composed
    clear: sql.Composed | None = None
    select_repeated: sql.Composed | None = None
    starts_over: bool = True
    dry_run: bool = False
    comparison: Comparison | None = None
    _foreseen: bool = field(default=False, init=False)

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """COPY the rows into the staging table."""
        records = pl.Series(RECORD, rows.index + chunk.position.record)
        lines = pl.Series(LINE, chunk.lines[rows.index])
        frame = rows.frame.with_columns(records, lines)
        rejected, _ = copy_rows(self.copy, conn, frame, rows.certain, isolating=isolating)
        return SinkResult(rejected)

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Transfer the rows into the target, unless this is a dry run, and drop the staging table."""
        skipped = 0
        if not self.dry_run:
            staged = self._prepare(conn)
            kept = staging.keep_replaced_rows(conn, job) if self.clear is not None else 0
            with acting(conn, self.enter):
                if self.clear is not None:
                    check_cleared(kept, conn.execute(self.clear).rowcount)
                skipped = staged - conn.execute(self.statements.transfer(0, LAST)).rowcount
            conn.execute(self.drop_view)
        staging.drop_staging_table(conn, job)
        return skipped

    def refuses_early(self, conn: psycopg.Connection, last_record: int) -> bool:
        """Return whether sets foresee that a row at the beginning of a large file will be refused; nothing stays.

        Postgres tests foreign keys when all rows are written, so that to look first saves half of the time of such a
        job. Of others it takes about 1 %.
        """
        if self.judged is None or self.dry_run or self.row_by_row or self.judged.writes.mode != "insert":
            return False
        conn.execute(self.create_view)
        refused = self.judged.refused(conn, last_record // BEGINNING, 1)
        return refused is not None and bool(refused.records.size)

    def foresee_rejected(
        self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None
    ) -> SinkResult | None:
        """Return the records that the target will not accept, as far as sets can say it; None where they cannot.

        Once: if the target refuses others nevertheless, they are to be found by writing the rows. To write them takes
        half of the time of a job.
        """
        if self.judged is None or self._foreseen or self.dry_run or last_record > FORESEEN_ROWS or self.row_by_row:
            return None
        self._foreseen = True
        if self.statements.select_owned_by_others is not None:
            return None
        repeated = Rejections()
        if self.select_repeated is not None:
            repeated = self._delete_selected(conn, self.select_repeated, "IJ417")
        self._prepare(conn)
        with acting(conn, self.enter):
            if self.clear is not None:
                conn.execute(self.clear)
        late = self.judged.refused(conn, last_record, limit)
        if late is None:
            return None
        late = GeneratedColumns(job).named(conn, late, partial(self._staged_values, conn))
        return SinkResult(repeated + late)

    def find_rejected(self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None) -> SinkResult:
        """Return the records that the target does not accept."""
        rejected = Rejections()
        if self.select_repeated is not None:
            rejected += self._delete_selected(conn, self.select_repeated, "IJ417")
        staged = self._prepare(conn)
        before = self.comparison.count(conn) if self.comparison else (0, 0)
        removed = 0
        with acting(conn, self.enter):
            if self.clear is not None:
                removed = conn.execute(self.clear).rowcount
        late, transferred = self._transfer_family(conn, job, last_record, limit)
        late = GeneratedColumns(job).named(conn, late, partial(self._staged_values, conn))
        if limit is None or late.records.size < limit:  # else not all rows were tried
            owned = self.owned_by_others(conn, staged - late.records.size - transferred, late.records)
            late += whole_rows(owned, "IJ604")
        result = SinkResult(rejected + late, staged - late.records.size - transferred)
        if not self.dry_run:
            return result
        done = outcome(self.comparison, conn, before, late.records.tolist(), transferred)
        return replace(result, outcome=replace(done, removed=removed))

    def _transfer_family(
        self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None
    ) -> tuple[Rejections, int]:
        """Transfer the rows that the target accepts, children after their parents, wherever these are in the file.

        Return the rejections and the number of rows written. Where rows refer to each other, all rows are tried: more
        of them may be refused at first than `limit`.
        """
        references = self_references(conn, job)
        every = range(1, last_record + 1)
        late, transferred = self.transfer_accepted(conn, every, limit=None if references else limit)
        if not references:
            return late, transferred
        rows = RetriedRows(
            conn=conn,
            stage=self.stage,
            references=references,
            transfer=self.transfer_accepted,
            transfer_all=self.statements.transfer(0, LAST),
            enter=self.enter,
        )
        late, more = rows.retry(late)
        return late, transferred + more

    def forget_after(self, conn: psycopg.Connection, last_record: int) -> None:
        """Delete the rows after a record from the staging table."""
        conn.execute(self.delete_after, (last_record,))

    def reject(self, conn: psycopg.Connection, job: Job, rejected: RejectedRecords, visible_left: int) -> None:
        """Count staged rows as rejected, and delete them from the staging table."""
        conn.execute(self.delete, (BigintArray(rejected.numbers),))
        staging.reject_staged_rows(conn, job, rejected, max(visible_left, 0))

    def _prepare(self, conn: psycopg.Connection) -> int:
        """Prepare the transfer; return how many rows are staged."""
        row = conn.execute(self.count).fetchone()
        if self.statements.delete_superseded is not None:
            conn.execute(self.statements.delete_superseded)
        conn.execute(self.create_view)
        return int(row[0]) if row else 0

    def _staged_values(self, conn: psycopg.Connection, records: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
        """Return the values of staged records, column by column."""
        rows = conn.execute(STAGED_VALUES, (BigintArray(records),)).fetchall()
        by_record = {int(record): values for record, values in rows}
        return [by_record[record] for record in records.tolist()]

    def _delete_selected(self, conn: psycopg.Connection, query: sql.Composed, code: str) -> Rejections:
        """Delete the staged records that a query selects; return their rejections."""
        records = [int(row[0]) for row in conn.execute(query).fetchall()]
        conn.execute(self.delete, (records,))
        return whole_rows(records, code)


def whole_rows(records: Sequence[int], code: str) -> Rejections:
    """Reject records as a whole."""
    return Rejections.of(records, Reason(None, code, REJECTIONS[code]))


def check_cleared(kept: int, cleared: int) -> None:
    """Compare the number of rows kept for an undo with the number of rows deleted, before others take their place.

    Raises: NotPermitted when row security hides some of them from the uploader, DatabaseBusy when some were added.
    """
    if cleared < kept:
        raise NotPermitted(
            "the uploader may not delete {rows:,} of {all:,} rows that the file replaces", rows=kept - cleared, all=kept
        )
    if cleared > kept:
        raise DatabaseBusy("rows were added while they were being replaced")
