"""Through a temporary table: where row security decides about each row, or rows meet rows that are there."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from processor import load
from processor.errors import REJECTIONS
from processor.flow import Chunk, Offsets, Rows
from processor.isolate import isolate
from processor.run.identity import acting
from processor.run.sinks.merge import LAST, RECORD, Merge
from processor.run.sinks.sink import Immediate, Turn, Written
from processor.sqlstates import is_about_a_row, is_refused_by_policy

# SQLSTATE cardinality_violation: ON CONFLICT met a key twice in one statement.
KEY_TWICE = "21000"
STAGE = sql.Identifier("pg_temp", "import_stage")


@dataclass(slots=True, kw_only=True)
class Merged(Immediate):
    """Each chunk goes by COPY into a temporary table, and from there into the target by one statement.

    The table lives for the transaction alone, as Supabase's transaction pooler demands. `create` makes it, `copying`
    fills it. `once` and `again` are there where a key may stand in the file only once: they enter the keys into
    a table of the job's, and take rows out of the stage that could not be entered.
    """

    create: sql.Composed
    copying: load.Copying
    merge: Merge
    enter: sql.Composed | None = None
    once: sql.Composed | None = None
    again: sql.Composed | None = None
    repeats: bool = False

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """COPY them into the temporary table, and merge."""
        records = rows.index + chunk.position.record
        frame = rows.frame.with_columns(pl.Series(RECORD, records).cast(pl.String))
        conn.execute(self.create)
        refused = self.copying.write(conn, frame, isolating=isolating)
        if self.ordered:
            turn()
        refused += self.repeated_keys(conn, records)
        superseded = 0
        if self.merge.supersede is not None and (isolating or self.repeats):
            superseded = conn.execute(self.merge.supersede).rowcount
        staged = len(records) - len(refused)
        with acting(conn, self.enter):
            if isolating:
                more, merged = self.isolated(conn, records)
                refused += more
                staged -= len(more)
            else:
                merged = conn.execute(self.merge.move(0, LAST)).rowcount
        if merged < staged - superseded:
            known = {each.row for each in refused}
            strangers = [each for each in self.foreign(conn, records) if each.row not in known]
            refused += strangers
            staged -= len(strangers)
        return Written(tuple(refused), staged - merged, superseded)

    def mends(self, exc: psycopg.Error) -> bool:
        """Tell whether a row could be at fault; from a key that comes twice on, keys are looked at before the merge."""
        if exc.sqlstate == KEY_TWICE:
            self.repeats = True
        return exc.sqlstate == KEY_TWICE or self.about_a_row(exc)

    def about_a_row(self, exc: psycopg.Error) -> bool:
        """Tell whether leaving out a row could mend it; missing grants were looked for before the first one."""
        return is_about_a_row(exc) or (self.enter is not None and is_refused_by_policy(exc))

    def repeated_keys(self, conn: psycopg.Connection, records: Offsets) -> list[load.Refusal]:
        """Take rows out whose key has come before in the file, where that is an error."""
        if self.once is None or self.again is None:
            return []
        conn.execute(self.once)
        found = sorted(row[0] for row in conn.execute(self.again).fetchall())
        return [load.Refusal(int(row), "IJ417", None, REJECTIONS["IJ417"]) for row in np.searchsorted(records, found)]

    def foreign(self, conn: psycopg.Connection, records: Offsets) -> list[load.Refusal]:
        """Return the rows that an upsert passed over because another owner has a row with their key."""
        if self.merge.foreign is None:
            return []
        found = sorted(int(row[0]) for row in conn.execute(self.merge.foreign).fetchall())
        return [load.Refusal(int(row), "IJ604", None, REJECTIONS["IJ604"]) for row in np.searchsorted(records, found)]

    def isolated(self, conn: psycopg.Connection, records: Offsets) -> tuple[list[load.Refusal], int]:
        """Merge the rows that the target takes; return the others, and how many were written."""
        merged = 0

        def attempt(start: int, count: int) -> psycopg.Error | None:
            nonlocal merged
            between = (int(records[start]), int(records[start + count - 1]))
            written = 0

            def move() -> None:
                nonlocal written
                written = conn.execute(self.merge.move(*between)).rowcount

            exc = load.savepoint(conn, move, self.about_a_row)
            merged += 0 if exc else written
            return exc

        refused = isolate(len(records), attempt, nowhere, lambda row, exc: load.refusal(row, exc, ()))
        return refused, merged


def nowhere(exc: psycopg.Error, start: int, count: int) -> None:
    """Name no row: the server does not say at which one an INSERT … SELECT stood."""
