"""All or nothing: chunks go into a staging table of the job's own, which the end moves into the target at once."""

from dataclasses import dataclass, replace

import polars as pl
import psycopg
from psycopg import sql

from processor import load
from processor.errors import REJECTIONS, DatabaseBusy, NotPermitted
from processor.model import Chunk, Job, Rejection, Rows
from processor.queue import staging
from processor.run.access.identity import acting
from processor.run.sinks.relation import Moving
from processor.run.sinks.sink import Turn, Written
from processor.run.sinks.statements import LAST, LINE, RECORD


@dataclass(slots=True, kw_only=True)
class StagingTableSink(Moving):
    """Chunks are staged with their record and line numbers; a dry run tries the target at the end, and takes it back.

    `view` makes a temporary view of the stage, which an uploader may read though the stage itself is nobody's;
    `unview` drops it. `clear` empties what a target of mode replace exchanges. `repeated` selects the records whose key
    has come before, where that is an error.
    """

    copying: load.Copying
    delete: sql.Composed
    view: sql.Composed
    unview: sql.Composed
    count: sql.Composed
    clear: sql.Composed | None = None
    repeated: sql.Composed | None = None
    dry: bool = False

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """COPY them into the staging table."""
        records = pl.Series(RECORD, rows.index + chunk.position.record)
        lines = pl.Series(LINE, chunk.lines[rows.index])
        frame = rows.frame.with_columns(records, lines)
        return Written(tuple(self.copying.write(conn, frame, rows.sure, isolating=isolating)))

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Move the rows into the target and drop the staging table."""
        passed = 0
        if not self.dry:
            staged = self.prepare(conn)
            kept = staging.keep_replaced(conn, job) if self.clear is not None else 0
            with acting(conn, self.enter):
                if self.clear is not None:
                    check_cleared(kept, conn.execute(self.clear).rowcount)
                passed = staged - conn.execute(self.merge.move(0, LAST)).rowcount
            conn.execute(self.unview)
        staging.finish_stage(conn, job)
        return passed

    def prepare(self, conn: psycopg.Connection) -> int:
        """Get ready for the move; return how many rows are staged."""
        row = conn.execute(self.count).fetchone()
        if self.merge.supersede is not None:
            conn.execute(self.merge.supersede)
        conn.execute(self.view)
        return int(row[0]) if row else 0

    def refused(self, conn: psycopg.Connection, job: Job, last_record: int, budget: int | None) -> Written:
        """Return the records that the target refuses."""
        refused: list[load.DatabaseRejection] = []
        if self.repeated is not None:
            refused += self.taken_out(conn, self.repeated, "IJ417")
        staged = self.prepare(conn)
        if self.merge.foreign is not None:
            strangers = self.taken_out(conn, self.merge.foreign, "IJ604")
            refused += strangers
            staged -= len(strangers)

        with acting(conn, self.enter):
            if self.clear is not None:
                conn.execute(self.clear)
            more, moved = self.isolated(conn, last_record, lambda place: place + 1, budget)
        refused += [replace(each, row=each.row + 1) for each in more]
        return Written(tuple(refused), staged - len(more) - moved)

    def taken_out(self, conn: psycopg.Connection, query: sql.Composed, code: str) -> list[load.DatabaseRejection]:
        """Take the records out of the stage that a query finds."""
        found = [int(row[0]) for row in conn.execute(query).fetchall()]
        conn.execute(self.delete, (found,))
        return [load.DatabaseRejection(record, code, None, REJECTIONS[code]) for record in found]

    def drop(self, conn: psycopg.Connection, job: Job, rejected: list[Rejection], room: int) -> None:
        """Count rows that were refused at the end as rejected, and take them out of the staging table."""
        conn.execute(self.delete, ([each.record for each in rejected],))
        staging.reject_staged(conn, job, rejected, max(room, 0))


def check_cleared(kept: int, cleared: int) -> None:
    """Compare how many rows were kept for an undo with how many were deleted, before others take their place.

    Raises: NotPermitted when row security kept some from the uploader, DatabaseBusy when some came in between.
    """
    if cleared < kept:
        raise NotPermitted(f"the uploader may not delete {kept - cleared:,} of {kept:,} rows that the file replaces")
    if cleared > kept:
        raise DatabaseBusy("rows were added while they were being replaced")
