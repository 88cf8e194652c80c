"""Which row an error of Postgres is about, and the rejection that the error becomes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
import psycopg

from processor.database.sqlstates import is_about_a_row, is_state_about_a_row, may_be_about_a_row, rejection_code
from processor.errors import REJECTIONS
from processor.model import Message, Reason, Rejections

# The context of an error in a statement of a trigger or function, which may be about another table.
_NESTED = re.compile(r"^(PL/|SQL (statement|function) )", re.MULTILINE)
_NOT_NULL_VIOLATION = "23502"
_CHECK_VIOLATION = "23514"
NO_PARTITION = "no partition of the table takes the row"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """What Postgres says about the row that it refuses: the SQLSTATE, and the objects that the error names.

    `nested` says that the error is of a statement in a trigger or function, `in_value` that an input function raised
    it. `at_column` is the column of the file at which COPY stopped.
    """

    state: str
    constraint: str | None = None
    column: str | None = None
    table: str | None = None
    nested: bool = False
    in_value: bool = False
    at_column: str | None = None


def row_error(exc: psycopg.Error, columns: Sequence[str]) -> RowError:
    """Return what an error says about the row that has caused it."""
    context = exc.diag.context or ""
    return RowError(
        state=exc.sqlstate or "",
        constraint=exc.diag.constraint_name,
        column=exc.diag.column_name,
        table=exc.diag.table_name,
        nested=bool(_NESTED.search(context)),
        in_value=bool(_VALUE_CONTEXT.search(context)),
        at_column=_column_in_context(context, columns),
    )


def reason(error: RowError, columns: Sequence[str]) -> Reason:
    """Return why a row is rejected; the message does not quote the row's values.

    A null may be in a column that the file does not have, such as the owner's. The message has the SQLSTATE where the
    code alone does not say what the database objects to.
    """
    code = rejection_code(error.state, default="IJ403" if error.in_value else "IJ418")
    column = error.column if error.column in columns else error.at_column
    if error.state == _NOT_NULL_VIOLATION and column is None:
        if not error.nested:
            return Reason(error.column, code, REJECTIONS[code])
        other = f"{error.table}.{error.column}"
        return Reason(None, code, Message(f'{REJECTIONS[code]}: "{other}"', other_column=other))
    message, params = REJECTIONS[code], dict[str, str]()
    if lacks_partition(error):
        message, params["table"] = f'{NO_PARTITION}: "{error.table}"', str(error.table)
    if error.constraint:
        message, params["constraint"] = f'{message} "{error.constraint}"', error.constraint
    if not is_state_about_a_row(error.state):
        message, params["sqlstate"] = f"{message} (SQLSTATE {error.state})", error.state
    return Reason(column, code, Message(message, **params))


def lacks_partition(error: RowError) -> bool:
    """Return whether a row fits into no partition, or not into the partition that is the target.

    Its SQLSTATE is that of a check, but no constraint is named. An error that a trigger raises with it is nested.
    """
    return error.state == _CHECK_VIOLATION and not error.constraint and bool(error.table) and not error.nested


def database_rejection(row: int, exc: psycopg.Error, columns: Sequence[str]) -> DatabaseRejection:
    """Turn the error that a row caused into its rejection."""
    why = reason(row_error(exc, columns), columns)
    return DatabaseRejection(row, why.code, why.column, why.message)


def in_columns(rejected: Sequence[DatabaseRejection]) -> Rejections:
    """Return single rejections as those of a chunk; `records` are the rows."""
    reasons = [Reason(rejection.column, rejection.code, rejection.message) for rejection in rejected]
    return Rejections.of_each([rejection.row for rejection in rejected], reasons)


def single_rejections(rejections: Rejections) -> list[DatabaseRejection]:
    """Return rejections one by one, for a reader of a few of them."""
    return [DatabaseRejection(row, why.code, why.column, why.message) for row, why in rejections.cells()]


def _column_in_context(context: str, columns: Sequence[str]) -> str | None:
    """Return the column at which COPY stopped, None when the server does not say."""
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
