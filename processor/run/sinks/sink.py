"""What sinks have in common, and the one that writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import psycopg

from processor import load
from processor.database.sqlstates import is_about_a_row
from processor.model import Chunk, Job, Rejection, Rows

# Returns when it is the chunk's turn, where later rows win over earlier ones.
Turn = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of rows: `refused` by the database, with their place in the frame; `passed` over, by the mode's rule.

    `repeated` of the passed ones stand in the file again, further down.
    """

    refused: tuple[load.DatabaseRejection, ...] = ()
    passed: int = 0
    repeated: int = 0


class Sink(Protocol):
    """`ordered`: later rows win over earlier ones, so that chunks must be written in the order of the file.

    `looks_first`: what is refused is looked for before the job is completed, not only when that fails. `tries`: writing
    tries the types that `validate` leaves to Postgres.
    """

    ordered: bool
    looks_first: bool
    tries: bool

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """Write a chunk's rows: all of them, or, where `isolating`, those that the database takes.

        Raises: psycopg.Error.
        """
        ...

    def mends(self, exc: psycopg.Error) -> bool:
        """Tell whether writing the chunk again, isolating, gets over an error."""
        ...

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Do what is left to do in the transaction that completes the job; return how many rows were passed over.

        Raises: psycopg.Error, also for a row that the target refuses.
        """
        ...

    def refused(self, conn: psycopg.Connection, job: Job, last_record: int, budget: int | None) -> Written:
        """Return what the target refuses only at the end, at most `budget` rows, by record number; nothing stays."""
        ...

    def drop(self, conn: psycopg.Connection, job: Job, rejected: list[Rejection], room: int) -> None:
        """Count rows that were refused at the end as rejected, and take them out of what was staged."""
        ...


@dataclass(slots=True, kw_only=True)
class Immediate:
    """What is the same for sinks that have nothing left to do at the end."""

    ordered: bool = False
    looks_first: bool = False
    tries: bool = True

    def mends(self, exc: psycopg.Error) -> bool:
        """Tell whether a row could be at fault."""
        return is_about_a_row(exc)

    def complete(self, conn: psycopg.Connection, job: Job) -> int:
        """Do nothing."""
        return 0

    def refused(self, conn: psycopg.Connection, job: Job, last_record: int, budget: int | None) -> Written:
        """Refuse nothing."""
        return Written()

    def drop(self, conn: psycopg.Connection, job: Job, rejected: list[Rejection], room: int) -> None:
        """Drop nothing."""


@dataclass(slots=True, kw_only=True)
class DiscardSink(Immediate):
    """A target without a table: rows are validated and counted, and go into the normalised CSV alone."""

    tries: bool = False

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """Write nothing."""
        return Written()
