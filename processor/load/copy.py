"""COPY rows into a table, in binary where every value has an exact binary form, else as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import polars as pl
import psycopg
from psycopg import sql

from processor.load.bisect import Watch, bisect, go_on
from processor.load.rejections import DatabaseRejection, database_rejection, row_in_context, savepoint
from processor.load.text import encode_text
from processor.model import Column
from processor.native import BinaryPlan, binary_plan, encode_binary

# The size of the pieces that libpq gets; psycopg would split larger ones itself (its MAX_BUFFER_SIZE).
PIECE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class CopyTarget:
    """The COPY statements for columns of a table, in both formats; `plan` is None where a column has no binary form."""

    text: bytes
    binary: bytes
    plan: BinaryPlan | None

    def write(self, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str]) -> int:
        """COPY all rows of a frame, or none of them; return how many Postgres wrote: triggers may skip rows.

        `frame` has texts, or whole numbers in columns of numbers. `certain` names columns as `Rows.certain` does.
        Raises: psycopg.Error.
        """
        pieces = encode_binary(frame, self.plan, certain) if self.plan and frame.height else None
        if pieces is None:
            return copy_text(conn, self.text, frame)
        with conn.cursor() as cursor:
            with cursor.copy(self.binary) as sink:
                for piece in pieces:
                    sink.write(piece)
            return cursor.rowcount

    def write_accepted(
        self, conn: psycopg.Connection, frame: pl.DataFrame, watch: Watch = go_on
    ) -> tuple[list[DatabaseRejection], int]:
        """COPY the rows that Postgres accepts; return the rejections of the others, and how many rows were written.

        The text format is used, because only there the server names the row at fault, and values need no exact binary
        form. Raises: psycopg.Error for an error that no row causes; what `watch` raises.
        """

        def copy_no_rows() -> None:
            with conn.cursor() as cursor, cursor.copy(self.text):
                pass

        written = 0

        def try_rows(start: int, count: int) -> psycopg.Error | None:
            nonlocal written
            counts: list[int] = []
            error = savepoint(
                conn, lambda: counts.append(copy_text(conn, self.text, frame.slice(start, count))), copy_no_rows
            )
            written += 0 if error else counts[0]
            return error

        def locate(exc: psycopg.Error, start: int, count: int) -> int | None:
            return row_in_context(exc, frame.slice(start, count))

        rejections = bisect(
            frame.height, try_rows, locate, lambda row, exc: database_rejection(row, exc, frame.columns), watch=watch
        )
        return rejections, written


def copy_in_savepoint(
    target: CopyTarget, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str]
) -> bool:
    """COPY all rows of a frame, or none of them where a row may be the cause of an error; return whether all are there.

    Raises: psycopg.Error for an error that no row causes.
    """
    return savepoint(conn, lambda: target.write(conn, frame, certain)) is None


@lru_cache(64)
def copy_target(schema: str, table: str, columns: tuple[Column, ...]) -> CopyTarget:
    """Compose the COPY statements for these columns, in this order; cached for later files, since it takes 0.5 ms."""
    names = [column.name for column in columns]
    return CopyTarget(
        copy_statement(schema, table, names), copy_statement(schema, table, names, "binary"), binary_plan(columns)
    )


def copy_statement(schema: str, table: str, columns: Sequence[str], form: Literal["csv", "binary"] = "csv") -> bytes:
    """Compose a COPY … FROM STDIN statement."""
    statement = sql.SQL("copy {} ({}) from stdin (format {})").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(form)
    )
    return statement.as_bytes()


def copy_text(conn: psycopg.Connection, statement: bytes, frame: pl.DataFrame) -> int:
    """COPY all rows of a frame in text format, or none of them; return how many Postgres wrote.

    Raises: psycopg.Error.
    """
    if not frame.height:
        return 0
    view = memoryview(encode_text(frame))
    with conn.cursor() as cursor:
        with cursor.copy(statement) as sink:
            for start in range(0, len(view), PIECE_BYTES):
                sink.write(view[start : start + PIECE_BYTES])
        return cursor.rowcount
