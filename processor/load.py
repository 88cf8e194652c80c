"""Load: COPY good rows, ask Postgres about texts in doubt, find the rows that only Postgres can refuse."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Literal

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Json

from processor.encode import BinaryPlan, binary_plan
from processor.encode import encode as encode_binary
from processor.errors import REJECTIONS
from processor.flow import Column, Doubt, Verdict
from processor.isolate import isolate
from processor.sqlstates import is_about_a_row, row_code

# As JSON: to write an array's elements takes psycopg 10 µs each.
REFUSED_VALUES = "select candidate, code from importer.refused_values(%s, array(select json_array_elements_text(%s)))"
# Texts asked about in one statement: 20,000 of 100 bytes are 2 MB.
QUESTION = 20_000
# Where the server stands when it refuses a row of a COPY; source: PostgreSQL, CopyFromErrorCallback.
COPY_CONTEXT = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)
# What libpq gets at once; psycopg would cut larger pieces itself (its MAX_BUFFER_SIZE).
PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that Postgres refused: its place in the frame, the rejection's code, column and sentence."""

    row: int
    code: str
    column: str | None
    message: str


def copy_statement(schema: str, table: str, columns: Sequence[str], form: Literal["csv", "binary"] = "csv") -> bytes:
    """Compose the COPY for a target; NULL is the unquoted empty field, as in CSV."""
    statement = sql.SQL("copy {} ({}) from stdin (format {})").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(form)
    )
    return statement.as_bytes()


def judge(conn: psycopg.Connection, doubts: Iterable[Doubt]) -> list[Verdict]:
    """Ask Postgres which of the texts in doubt it refuses, by its own input conversion."""
    verdicts: list[Verdict] = []
    for doubt in doubts:
        refused: dict[str, str] = {}
        for start in range(0, len(doubt.values), QUESTION):
            texts = doubt.values.slice(start, QUESTION).to_list()
            refused.update(conn.execute(REFUSED_VALUES, (doubt.column.type, Json(texts))).fetchall())
        verdicts.append(Verdict(doubt.column, refused))
    return verdicts


@dataclass(frozen=True, slots=True)
class Copying:
    """The COPY of rows into a table, in both formats; `plan` is None where a column has no exact binary form."""

    text: bytes
    binary: bytes
    plan: BinaryPlan | None

    def write(
        self, conn: psycopg.Connection, frame: pl.DataFrame, known: frozenset[str], *, isolating: bool
    ) -> list[Refusal]:
        """COPY all rows, or, where `isolating`, those that Postgres takes; return the others.

        `frame` has texts, or whole numbers in columns of numbers; `known` names columns that are sure, as in `Rows`.
        Only the text format names the row that is refused, and takes what has no exact binary value.
        Raises: psycopg.Error.
        """
        if isolating:
            return copy_isolating(conn, self.text, frame)
        pieces = encode_binary(frame, self.plan, known) if self.plan and frame.height else None
        if pieces is None:
            return copy(conn, self.text, frame)
        with conn.cursor() as cursor, cursor.copy(self.binary) as sink:
            for piece in pieces:
                sink.write(piece)
        return []


@lru_cache(64)
def copying(schema: str, table: str, columns: tuple[Column, ...]) -> Copying:
    """Compose the COPY for these columns of a table, in this order; once for many files, since it takes 0.5 ms."""
    text = copy_statement(schema, table, [column.name for column in columns])
    binary = copy_statement(schema, table, [column.name for column in columns], "binary")
    return Copying(text, binary, binary_plan(columns))


def write_pieces(sink: psycopg.Copy, data: bytes) -> None:
    """Hand bytes to libpq, as much at a time as it takes without copying it once more."""
    view = memoryview(data)
    for start in range(0, len(view), PIECE):
        sink.write(view[start : start + PIECE])


def encode(frame: pl.DataFrame) -> bytes:
    """Encode rows for COPY's CSV format: null is empty, the empty text is quoted."""
    if frame.width == 1:
        return encode_single(frame.to_series())
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False)
    return buffer.getvalue()


def encode_single(column: pl.Series) -> bytes:
    """Encode one column with every text quoted: before PostgreSQL 18 a line of `\\.` alone ends a CSV COPY."""
    escaped = pl.col("c").str.replace_all('"', '""', literal=True)
    lines = column.to_frame("c").select(pl.concat_str(pl.lit('"'), escaped, pl.lit('"')).fill_null(""))
    return b"".join(line.encode() + b"\n" for line in lines.to_series())


def copy(conn: psycopg.Connection, statement: bytes, frame: pl.DataFrame) -> list[Refusal]:
    """COPY all rows of a frame, or none; the list is empty.

    Raises: psycopg.Error.
    """
    if frame.height:
        data = encode(frame)
        with conn.cursor() as cursor, cursor.copy(statement) as sink:
            write_pieces(sink, data)
    return []


def copy_isolating(conn: psycopg.Connection, statement: bytes, frame: pl.DataFrame) -> list[Refusal]:
    """COPY the rows that Postgres takes and return those that it refuses.

    Raises: psycopg.Error for anything that leaving out a row does not mend.
    """

    def attempt(start: int, count: int) -> psycopg.Error | None:
        return savepoint(conn, lambda: copy(conn, statement, frame.slice(start, count)))

    def locate(exc: psycopg.Error, start: int, count: int) -> int | None:
        return named_row(exc, frame.slice(start, count))

    return isolate(frame.height, attempt, locate, lambda row, exc: refusal(row, exc, frame.columns))


def savepoint(
    conn: psycopg.Connection,
    work: Callable[[], object],
    about_a_row: Callable[[psycopg.Error], bool] = is_about_a_row,
) -> psycopg.Error | None:
    """Do something in a savepoint; return the error if it is about a row.

    Raises: psycopg.Error for anything else.
    """
    try:
        with conn.transaction():
            work()
    except psycopg.Error as exc:
        if conn.broken or not about_a_row(exc):
            raise
        return exc
    return None


def named_row(exc: psycopg.Error, part: pl.DataFrame) -> int | None:
    """Return which row of a COPY the server names, from 0; None when it names none.

    The server counts lines; a line feed within a value is one more. Only in the first row, where it does not know yet
    what ends a line, it is a carriage return that counts (PostgreSQL, CopyReadLineText; the same in 15, 17 and 18).
    """
    found = COPY_CONTEXT.search(exc.diag.context or "")
    if not found:
        return None
    line = int(found[1])
    ends = (occurrences(part.head(1), "\r").append(occurrences(part.slice(1), "\n")) + 1).cum_sum()
    row = int((ends < line).sum())
    return row if row < part.height else None


def occurrences(part: pl.DataFrame, mark: str) -> pl.Series:
    """Count a character in each row."""
    counts = pl.sum_horizontal(pl.col(pl.String).str.count_matches(mark, literal=True).fill_null(0))
    return part.select(counts.cast(pl.Int64).alias("marks")).to_series()


def refusal(row: int, exc: psycopg.Error, columns: Sequence[str]) -> Refusal:
    """Say why Postgres refused a row, without its values."""
    code = row_code(exc.sqlstate or "")
    column = exc.diag.column_name if exc.diag.column_name in columns else named_column(exc, columns)
    by = f' "{exc.diag.constraint_name}"' if exc.diag.constraint_name else ""
    return Refusal(row, code, column, f"{REJECTIONS[code]}{by}")


def named_column(exc: psycopg.Error, columns: Sequence[str]) -> str | None:
    """Return the column in which the server stood when it refused a row of a COPY, None when it does not say."""
    context = exc.diag.context or ""
    return next(
        (name for name in columns if f", column {name}:" in context or f", column {name}, null" in context), None
    )
