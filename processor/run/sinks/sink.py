"""What sinks have in common, and the one that writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl
import psycopg

from processor.database.sqlstates import may_be_about_a_row
from processor.load import CopyTarget, Watch, in_columns
from processor.model import Chunk, Job, RejectedRecords, Rejections, Rows
from processor.run.sinks.dry_run import DryRunOutcome

# Returns when it is the chunk's turn, in modes where later rows replace earlier ones.
WaitTurn = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SinkResult:
    """The rows that Postgres rejected, by place or record number, and how many the target's mode skipped.

    `superseded` of the skipped rows have a key that comes again further down in the file. `outcome` says what a dry run
    would do with the others.
    """

    rejected: Rejections = field(default_factory=Rejections)
    skipped: int = 0
    superseded: int = 0
    outcome: DryRunOutcome | None = None


class Sink(Protocol):
    """Writes the rows of one job.

    `ordered`: later rows replace earlier ones, so that chunks must be written in the order of the file.
    `checks_before_completing`: rejected rows are looked for before the job is completed, not only when that fails.
    `casts_values`: writing tests the types that validation leaves to Postgres.
    `starts_over`: a job that fails leaves nothing in the target, and a retry loads the file from its beginning.
    `waits_for_turn`: `write` calls `wait_turn` itself before it says which rows are refused because of earlier ones.
    `refuses`: the table has refused rows of the last chunk, so that the next one need not be tried as a whole first.
    `row_by_row`: rows that the table refuses are found one by one; a test compares the faster ways with that.
    """

    ordered: bool
    checks_before_completing: bool
    casts_values: bool
    starts_over: bool
    waits_for_turn: bool
    refuses: bool
    row_by_row: bool

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """Write a chunk's rows: all of them, or, where `isolating` watches the rejections, those that Postgres accepts.

        Raises: psycopg.Error; what `isolating` raises.
        """
        ...

    def can_isolate(self, exc: psycopg.Error) -> bool:
        """Return whether writing the chunk again, isolating, may avoid an error."""
        ...

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Do what is left in the transaction that completes the job; return how many rows the mode skipped.

        Raises: psycopg.Error, also for a row that the target does not accept.
        """
        ...

    def refuses_early(self, conn: psycopg.Connection, last_record: int) -> bool:
        """Return whether it is worth while to ask which staged rows the target rejects before it is tried.

        Raises: psycopg.Error.
        """
        ...

    def foresee_rejected(
        self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None
    ) -> SinkResult | None:
        """Return what `find_rejected` would, if that is known without writing the rows; nothing stays.

        Raises: psycopg.Error.
        """
        ...

    def find_rejected(self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None) -> SinkResult:
        """Return the staged rows that the target does not accept, at most `limit`, by record number; nothing stays.

        Raises: psycopg.Error.
        """
        ...

    def forget_after(self, conn: psycopg.Connection, last_record: int) -> None:
        """Take the staged rows after a record out of the stage, in a transaction that is rolled back."""
        ...

    def reject(self, conn: psycopg.Connection, job: Job, rejected: RejectedRecords, visible_left: int) -> None:
        """Count staged rows as rejected, and take them out of the stage; the owner sees the first `visible_left`."""
        ...


@dataclass(slots=True, kw_only=True)
class ImmediateSink:
    """What is the same for sinks that have nothing left to do when the job is completed."""

    ordered: bool = False
    checks_before_completing: bool = False
    casts_values: bool = True
    starts_over: bool = False
    waits_for_turn: bool = False
    refuses: bool = False
    row_by_row: bool = False

    def can_isolate(self, exc: psycopg.Error) -> bool:
        """Return whether a row may have caused the error."""
        return may_be_about_a_row(exc)

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Do nothing."""
        return 0

    def refuses_early(self, conn: psycopg.Connection, last_record: int) -> bool:
        """Return that nothing is staged."""
        return False

    def foresee_rejected(
        self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None
    ) -> SinkResult | None:
        """Foresee nothing."""

    def find_rejected(self, conn: psycopg.Connection, job: Job, last_record: int, limit: int | None) -> SinkResult:
        """Reject nothing."""
        return SinkResult()

    def forget_after(self, conn: psycopg.Connection, last_record: int) -> None:
        """Do nothing."""

    def reject(self, conn: psycopg.Connection, job: Job, rejected: RejectedRecords, visible_left: int) -> None:
        """Do nothing."""


@dataclass(slots=True, kw_only=True)
class DiscardSink(ImmediateSink):
    """A target without a table: rows are validated and counted, and go into the normalised CSV alone."""

    casts_values: bool = False

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """Write nothing."""
        return SinkResult()


def copy_rows(
    copy: CopyTarget, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str], *, isolating: Watch | None
) -> tuple[Rejections, int]:
    """COPY all rows, or, where `isolating`, those that Postgres accepts.

    Return the rejections of the others, and how many rows Postgres wrote: fewer where triggers skip rows.
    Raises: psycopg.Error; what `isolating` raises.
    """
    if isolating:
        rejected, written = copy.write_accepted(conn, frame, isolating)
        return in_columns(rejected), written
    return Rejections(), copy.write(conn, frame, certain)
