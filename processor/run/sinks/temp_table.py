"""Through a temporary table: where row security decides about each row, or rows meet rows that are there."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from processor import load
from processor.errors import REJECTIONS
from processor.model import Chunk, Offsets, Rows
from processor.run.access.identity import acting
from processor.run.sinks.relation import Moving
from processor.run.sinks.sink import Turn, Written
from processor.run.sinks.statements import LAST, RECORD

# SQLSTATE cardinality_violation: ON CONFLICT met a key twice in one statement.
KEY_TWICE = "21000"
STAGE = sql.Identifier("pg_temp", "import_stage")


@dataclass(slots=True, kw_only=True)
class TempTableSink(Moving):
    """Each chunk goes by COPY into a temporary table, and from there into the target by one statement.

    The table lives for the transaction alone, as Supabase's transaction pooler demands. `create` makes it, `copying`
    fills it. `once` and `again` are there where a key may stand in the file only once: they enter the keys into
    a table of the job's, and take rows out of the stage that could not be entered.
    """

    create: sql.Composed
    copying: load.Copying
    once: sql.Composed | None = None
    again: sql.Composed | None = None
    repeats: bool = False

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """COPY them into the temporary table, and merge."""
        records = rows.index + chunk.position.record
        numbers = pl.Series(RECORD, records)
        conn.execute(self.create)
        refused = self.copying.write(conn, rows.frame.with_columns(numbers), rows.sure, isolating=isolating)
        if self.ordered:
            turn()
        refused += self.repeated_keys(conn, records)
        superseded = 0
        if self.merge.supersede is not None and (isolating or self.repeats):
            superseded = conn.execute(self.merge.supersede).rowcount
        staged = len(records) - len(refused)
        with acting(conn, self.enter):
            if isolating:
                more, merged = self.isolated(conn, len(records), lambda place: int(records[place]))
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
        return exc.sqlstate == KEY_TWICE or Moving.mends(self, exc)

    def repeated_keys(self, conn: psycopg.Connection, records: Offsets) -> list[load.DatabaseRejection]:
        """Take rows out whose key has come before in the file, where that is an error."""
        if self.once is None or self.again is None:
            return []
        conn.execute(self.once)
        found = sorted(row[0] for row in conn.execute(self.again).fetchall())
        return [load.DatabaseRejection(int(row), "IJ417", None, REJECTIONS["IJ417"]) for row in np.searchsorted(records, found)]

    def foreign(self, conn: psycopg.Connection, records: Offsets) -> list[load.DatabaseRejection]:
        """Return the rows that an upsert passed over because another owner has a row with their key."""
        if self.merge.foreign is None:
            return []
        found = sorted(int(row[0]) for row in conn.execute(self.merge.foreign).fetchall())
        return [load.DatabaseRejection(int(row), "IJ604", None, REJECTIONS["IJ604"]) for row in np.searchsorted(records, found)]
