"""Where an attempt's rows go: straight into the target, or into a staging table that the end moves there at once.

Both write a chunk with `statement` and `shaped`; `complete` runs in the transaction that completes the job, and
`refused` in one that is rolled back, when the target did not take all that was staged, or in a dry run.
"""

from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql

from processor import jobs, load
from processor.flow import Chunk, Plan, Rows
from processor.isolate import isolate
from processor.jobs import Job, Rejected, Target

RECORD, LINE = "import_record", "import_line"
# The largest bigint: every record.
LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Direct:
    """Chunks go into the target as they come."""

    statement: sql.Composed

    def shaped(self, rows: Rows, chunk: Chunk) -> pl.DataFrame:
        """Return the rows as `statement` takes them."""
        return rows.frame

    def complete(self, conn: psycopg.Connection, job: Job) -> None:
        """Do what is left to do in the transaction that completes the job: nothing."""

    def refused(self, conn: psycopg.Connection, job: Job, last_record: int, budget: int | None) -> list[load.Refusal]:
        """Return what the target refuses only at the end: nothing."""
        return []

    def drop(self, conn: psycopg.Connection, job: Job, rejected: list[Rejected], room: int) -> None:
        """Count rows that were refused at the end as rejected: there are none."""


@dataclass(frozen=True, slots=True)
class Staged:
    """All or nothing: chunks go into a table of the job's own, with their record and line numbers.

    A dry run tries the target in the same way at the end, and takes it back.
    """

    statement: sql.Composed
    move: sql.Composed
    delete: sql.Composed
    dry: bool

    def shaped(self, rows: Rows, chunk: Chunk) -> pl.DataFrame:
        """Return the rows as `statement` takes them."""
        numbers = rows.index + chunk.position.record
        return rows.frame.with_columns(
            pl.Series(RECORD, numbers).cast(pl.String), pl.Series(LINE, chunk.lines[rows.index]).cast(pl.String)
        )

    def complete(self, conn: psycopg.Connection, job: Job) -> None:
        """Move the rows into the target, in the transaction that completes the job, and drop the staging table.

        Raises: psycopg.Error, also for a row that the target refuses.
        """
        if not self.dry:
            conn.execute(self.move, (0, LAST))
        jobs.finish_stage(conn, job)

    def refused(self, conn: psycopg.Connection, job: Job, last_record: int, budget: int | None) -> list[load.Refusal]:
        """Return the records that the target refuses, at most `budget`; nothing stays written.

        A refused row is looked for by halving: INSERT … SELECT names no row.
        """

        def attempt(start: int, count: int) -> psycopg.Error | None:
            return load.savepoint(conn, lambda: conn.execute(self.move, (start + 1, start + count)))

        return isolate(last_record, attempt, nowhere, lambda row, exc: load.refusal(row + 1, exc, ()), budget)

    def drop(self, conn: psycopg.Connection, job: Job, rejected: list[Rejected], room: int) -> None:
        """Count rows that were refused at the end as rejected, and take them out of the staging table."""
        conn.execute(self.delete, ([each.record for each in rejected],))
        jobs.reject_staged(conn, job, rejected, max(room, 0))


def nowhere(exc: psycopg.Error, start: int, count: int) -> None:
    """Name no row: the server does not say at which one an INSERT … SELECT stood."""


Sink = Direct | Staged


def sink_for(conn: psycopg.Connection, job: Job, target: Target, plan: Plan) -> Sink:
    """Return where this job's rows go; makes the staging table of an all-or-nothing job."""
    columns = [each.column.name for each in plan.fields]
    schema, table = target.schema or "", target.table or ""
    dry = bool(job.options.get("dry_run"))
    if not (dry or job.options.get("atomic")):
        return Direct(load.copy_statement(schema, table, columns))
    stage = jobs.prepare_stage(conn, job, columns)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return Staged(
        load.copy_statement("importer", stage, [*columns, RECORD, LINE]),
        sql.SQL(
            "insert into {target} ({names}) select {names} from {stage} "
            "where import_record between %s and %s order by import_record"
        ).format(target=sql.Identifier(schema, table), names=names, stage=sql.Identifier("importer", stage)),
        sql.SQL("delete from {} where import_record = any (%s)").format(sql.Identifier("importer", stage)),
        dry,
    )
