"""All or nothing: chunks go into a staging table of the job's own, which the end moves into the target at once."""

from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql

from processor import jobs, load
from processor.errors import REJECTIONS, DatabaseBusy, NotPermitted
from processor.flow import Chunk, Rows
from processor.isolate import isolate
from processor.jobs import Job, Rejected
from processor.run.identity import acting
from processor.run.sinks.merge import LAST, LINE, RECORD, Merge
from processor.run.sinks.merged import nowhere
from processor.run.sinks.sink import Immediate, Turn, Written
from processor.sqlstates import is_about_a_row, is_refused_by_policy


@dataclass(slots=True, kw_only=True)
class Staged(Immediate):
    """Chunks are staged with their record and line numbers; a dry run tries the target at the end, and takes it back.

    `view` makes a temporary view of the stage, which an uploader may read though the stage itself is nobody's;
    `unview` drops it. `clear` empties what a target of mode replace exchanges. `repeated` selects the records whose key
    has come before, where that is an error.
    """

    copying: load.Copying
    delete: sql.Composed
    merge: Merge
    view: sql.Composed
    unview: sql.Composed
    count: sql.Composed
    clear: sql.Composed | None = None
    repeated: sql.Composed | None = None
    enter: sql.Composed | None = None
    dry: bool = False

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """COPY them into the staging table."""
        numbers = rows.index + chunk.position.record
        frame = rows.frame.with_columns(
            pl.Series(RECORD, numbers).cast(pl.String), pl.Series(LINE, chunk.lines[rows.index]).cast(pl.String)
        )
        return Written(tuple(self.copying.write(conn, frame, isolating=isolating)))

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Move the rows into the target and drop the staging table."""
        passed = 0
        if not self.dry:
            staged = self.prepare(conn)
            kept = jobs.keep_replaced(conn, job) if self.clear is not None else 0
            with acting(conn, self.enter):
                if self.clear is not None:
                    check_cleared(kept, conn.execute(self.clear).rowcount)
                passed = staged - conn.execute(self.merge.move(0, LAST)).rowcount
            conn.execute(self.unview)
        jobs.finish_stage(conn, job)
        return passed

    def prepare(self, conn: psycopg.Connection) -> int:
        """Get ready for the move; return how many rows are staged."""
        row = conn.execute(self.count).fetchone()
        if self.merge.supersede is not None:
            conn.execute(self.merge.supersede)
        conn.execute(self.view)
        return int(row[0]) if row else 0

    def refused(self, conn: psycopg.Connection, job: Job, last_record: int, budget: int | None) -> Written:
        """Return the records that the target refuses, looked for by halving: INSERT … SELECT names no row."""
        refused: list[load.Refusal] = []
        if self.repeated is not None:
            refused += self.taken_out(conn, self.repeated, "IJ417")
        moved = 0
        staged = self.prepare(conn)
        if self.merge.foreign is not None:
            strangers = self.taken_out(conn, self.merge.foreign, "IJ604")
            refused += strangers
            staged -= len(strangers)

        def attempt(start: int, count: int) -> psycopg.Error | None:
            nonlocal moved
            written = 0

            def move() -> None:
                nonlocal written
                written = conn.execute(self.merge.move(start + 1, start + count)).rowcount

            exc = load.savepoint(conn, move, self.about_a_row)
            moved += 0 if exc else written
            return exc

        with acting(conn, self.enter):
            if self.clear is not None:
                conn.execute(self.clear)
            more = isolate(last_record, attempt, nowhere, lambda row, exc: load.refusal(row + 1, exc, ()), budget)
        return Written((*refused, *more), staged - len(more) - moved)

    def taken_out(self, conn: psycopg.Connection, query: sql.Composed, code: str) -> list[load.Refusal]:
        """Take the records out of the stage that a query finds."""
        found = [int(row[0]) for row in conn.execute(query).fetchall()]
        conn.execute(self.delete, (found,))
        return [load.Refusal(record, code, None, REJECTIONS[code]) for record in found]

    def mends(self, exc: psycopg.Error) -> bool:
        """Tell whether a row could be at fault."""
        return self.about_a_row(exc)

    def about_a_row(self, exc: psycopg.Error) -> bool:
        """Tell whether leaving out a row could mend it; missing grants were looked for before the first one."""
        return is_about_a_row(exc) or (self.enter is not None and is_refused_by_policy(exc))

    def drop(self, conn: psycopg.Connection, job: Job, rejected: list[Rejected], room: int) -> None:
        """Count rows that were refused at the end as rejected, and take them out of the staging table."""
        conn.execute(self.delete, ([each.record for each in rejected],))
        jobs.reject_staged(conn, job, rejected, max(room, 0))


def check_cleared(kept: int, cleared: int) -> None:
    """Compare how many rows were kept for an undo with how many were deleted, before others take their place.

    Raises: NotPermitted when row security kept some from the uploader, DatabaseBusy when some came in between.
    """
    if cleared < kept:
        raise NotPermitted(f"the uploader may not delete {kept - cleared:,} of {kept:,} rows that the file replaces")
    if cleared > kept:
        raise DatabaseBusy("rows were added while they were being replaced")
