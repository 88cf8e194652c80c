"""Which row an error of Postgres is about, and the rejection that the error becomes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
import psycopg

from processor.database.sqlstates import is_about_a_row, may_be_about_a_row, rejection_code
from processor.errors import REJECTIONS
from processor.model import Message

# The context of an error in a statement of a trigger or function, which may be about another table.
_NESTED = re.compile(r"^(PL/|SQL (statement|function) )", re.MULTILINE)
_NOT_NULL_VIOLATION = "23502"
# The line at which COPY stopped. Source: PostgreSQL, CopyFromErrorCallback.
_COPY_CONTEXT = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)
# The value at which an input function stopped.
_VALUE_CONTEXT = re.compile(r"^COPY .*, line \d+, column ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DatabaseRejection:
    """A row that Postgres rejected: its place in the frame, the rejection's code, column and message."""

    row: int
    code: str
    column: str | None
    message: str


def savepoint(
    conn: psycopg.Connection, work: Callable[[], object], without_rows: Callable[[], object] | None = None
) -> psycopg.Error | None:
    """Do `work` in a savepoint; return its error if a row is the cause.

    `without_rows` does the same with no rows: if that fails as well, no row is the cause. It is not tried where the
    SQLSTATE says enough.
    Raises: psycopg.Error for an error that no row causes.
    """
    try:
        with conn.transaction():
            work()
    except psycopg.Error as exc:
        if conn.broken or not may_be_about_a_row(exc):
            raise
        if without_rows is not None and not is_about_a_row(exc) and _fails(conn, without_rows):
            raise
        return exc
    return None


def _fails(conn: psycopg.Connection, work: Callable[[], object]) -> bool:
    try:
        with conn.transaction():
            work()
    except psycopg.Error:
        return True
    return False


def database_rejection(row: int, exc: psycopg.Error, columns: Sequence[str]) -> DatabaseRejection:
    """Turn the error that a row caused into its rejection; the message does not quote the row's values.

    A null may be in a column that the file does not have, such as the owner's. The message has the SQLSTATE where the
    code alone does not say what the database objects to.
    """
    code = "IJ403" if _VALUE_CONTEXT.search(exc.diag.context or "") else "IJ418"
    code = rejection_code(exc.sqlstate or "", default=code)
    column = exc.diag.column_name if exc.diag.column_name in columns else _column_in_context(exc, columns)
    if exc.sqlstate == _NOT_NULL_VIOLATION and column is None:
        if not _NESTED.search(exc.diag.context or ""):
            return DatabaseRejection(row, code, exc.diag.column_name, REJECTIONS[code])
        other = f"{exc.diag.table_name}.{exc.diag.column_name}"
        return DatabaseRejection(row, code, None, Message(f'{REJECTIONS[code]}: "{other}"', other_column=other))
    message, params = REJECTIONS[code], dict[str, str]()
    if exc.diag.constraint_name:
        message, params["constraint"] = f'{message} "{exc.diag.constraint_name}"', exc.diag.constraint_name
    if not is_about_a_row(exc):
        message, params["sqlstate"] = f"{message} (SQLSTATE {exc.sqlstate})", str(exc.sqlstate)
    return DatabaseRejection(row, code, column, Message(message, **params))


def _column_in_context(exc: psycopg.Error, columns: Sequence[str]) -> str | None:
    """Return the column at which COPY stopped, None when the server does not say."""
    context = exc.diag.context or ""
    return next(
        (name for name in columns if f", column {name}:" in context or f", column {name}, null" in context), None
    )


def row_in_context(exc: psycopg.Error, frame: pl.DataFrame) -> int | None:
    """Return the row of `frame`, from 0, at which a COPY in text format stopped; None when the server does not say.

    The server counts lines, and a line feed within a value counts as one. In the first row it counts carriage returns
    instead, since it does not know yet what ends a line (PostgreSQL, CopyReadLineText; the same in 15, 17 and 18).
    """
    context = _COPY_CONTEXT.search(exc.diag.context or "")
    if not context:
        return None
    line = int(context[1])
    line_ends = (_occurrences(frame.head(1), "\r").append(_occurrences(frame.slice(1), "\n")) + 1).cum_sum()
    row = int((line_ends < line).sum())
    return row if row < frame.height else None


def _occurrences(frame: pl.DataFrame, mark: str) -> pl.Series:
    """Count a character in each row."""
    counts = pl.sum_horizontal(pl.col(pl.String).str.count_matches(mark, literal=True).fill_null(0))
    return frame.select(counts.cast(pl.Int64).alias("marks")).to_series()
