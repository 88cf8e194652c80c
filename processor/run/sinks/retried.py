"""Try staged rows again that were refused because the row of the same table to which they refer came later."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from psycopg import sql

from processor.database.wire_arrays import BigintArray
from processor.load import savepoint
from processor.model import Rejections
from processor.queue.waiting import SelfReference
from processor.run.access.identity import Identity, acting
from processor.run.sinks.family import Family, may_come_later

Records = npt.NDArray[np.int64]
CHOSEN = sql.Identifier("pg_temp", "import_chosen")
CREATE = sql.SQL('create temporary table import_chosen ("#record" bigint primary key) on commit drop')
CLEAR = sql.SQL("truncate {}").format(CHOSEN)
CHOOSE = sql.SQL("insert into {} select unnest(%s::bigint[])").format(CHOSEN)
# The view keeps its grants. What it selects from is looked up with the rights of its owner.
NARROW = sql.SQL(
    'create or replace temporary view import_stage as select s.* from {} as s where s."#record" in (select * from {})'
)
DROP_PLACE = sql.SQL("drop sequence if exists pg_temp.import_place")


class Transfer(Protocol):
    """Writes staged rows into the target."""

    def __call__(self, conn: psycopg.Connection, records: Records) -> tuple[Rejections, int]:
        """Write those of the rows in the view of the stage that the target accepts; return the others, and a count."""
        ...


@dataclass(slots=True, kw_only=True)
class RetriedRows:
    """`stage` is the staging table; `transfer_all` writes all rows of its view, as `enter`."""

    conn: psycopg.Connection
    stage: sql.Composable
    references: tuple[SelfReference, ...]
    transfer: Transfer
    transfer_all: sql.Composed
    enter: Identity | None

    def retry(self, late: Rejections) -> tuple[Rejections, int]:
        """Write the rows whose parents are there by now, in rounds; return what is rejected, and the rows written.

        The view of the stage shows the last rows that were tried afterwards.
        Raises: psycopg.Error.
        """
        waits = may_come_later(late, self.references)
        if not waits.any():
            return late, 0
        first, left, written = late, np.unique(late.records[waits]), 0
        final = Rejections(late.records[~waits], late.reason_of[~waits], late.reasons)
        self.conn.execute(CREATE)
        self.conn.execute(NARROW.format(self.stage, CHOSEN))
        while left.size:
            before = left.size
            left, refused, rows = self._once(left)
            final, written = final + refused, written + rows
            if left.size == before:
                break
        still = np.isin(first.records, left)
        return final + Rejections(first.records[still], first.reason_of[still], first.reasons), written

    def _once(self, left: Records) -> tuple[Records, Rejections, int]:
        """Try the rows that refer to none of the others, then those that wait for none that was refused.

        Return the rows that still wait, the rejections for good, and the number of rows written.
        """
        family = Family(self._texts(left), self.references)
        roots = family.without_parents()
        waiting, refused, written = self._write(left[roots])
        blocked = family.descendants(np.isin(left, waiting))
        ready = ~blocked & ~roots
        further, more, rows = self._write(left[ready])
        still = np.union1d(np.union1d(waiting, further), left[blocked])
        return still, refused + more, written + rows

    def _write(self, records: Records) -> tuple[Records, Rejections, int]:
        """Write rows, all at once if the target accepts them; return those that wait, the rejections, and the count."""
        if not records.size:
            return records, Rejections(), 0
        self.conn.execute(CLEAR)
        self.conn.execute(CHOOSE, (BigintArray(records),))
        counts: list[int] = []

        def write_all() -> None:
            with acting(self.conn, self.enter):
                counts.append(self.conn.execute(self.transfer_all).rowcount)

        if savepoint(self.conn, write_all) is None:
            return records[:0], Rejections(), counts[0]
        self.conn.execute(DROP_PLACE)
        rejected, written = self.transfer(self.conn, records)
        waits = may_come_later(rejected, self.references)
        final = Rejections(rejected.records[~waits], rejected.reason_of[~waits], rejected.reasons)
        return np.unique(rejected.records[waits]), final, written

    def _texts(self, records: Records) -> pl.DataFrame:
        """Return the texts of the columns by which rows refer to each other, in the order of their records."""
        names = sorted({name for reference in self.references for name in (*reference.columns, *reference.referenced)})
        query = sql.SQL('select to_jsonb(s) from {} as s where s."#record" = any (%s) order by s."#record"')
        rows = self.conn.execute(query.format(self.stage), (BigintArray(records),)).fetchall()
        present = [name for name in names if rows and name in rows[0][0]]
        texts = [[None if row[name] is None else str(row[name]) for name in present] for (row,) in rows]
        return pl.DataFrame(texts, dict.fromkeys(present, pl.String), orient="row")
