"""Write texts into a column of a type in two ways: through the pipeline as a job does, and one by one by Postgres."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from processor import records
from processor.load import CopyTarget, cast_results, copy_target, savepoint
from processor.load.copy import copy_text
from processor.model import Checked, Chunk, Column, Dialect, FileLimits, Plan, Position, Reading, Rejections, Rows
from processor.validate import check, check_shape, make_plan, opaque_values, parse, settle, transform
from processor.validate.types import is_opaque

Text = str | None
#: The rejection code for an SQLSTATE of Postgres; the code for any other is IJ403.
CODES = {
    "22001": "IJ406",
    "22026": "IJ406",
    "22003": "IJ405",
    "22008": "IJ405",
    "22015": "IJ405",
    "23502": "IJ404",
    "23514": "IJ412",
    "P0001": "IJ414",
}


@dataclass(frozen=True, slots=True)
class Written:
    """The result for each text, by its place: the stored value as text, or the rejection's code and message."""

    stored: dict[int, Text]
    rejected: dict[int, str]
    messages: dict[int, str]


@dataclass(frozen=True, slots=True)
class ValueTable:
    """A table (place integer, value <the type>), for tests that roll back."""

    conn: psycopg.Connection
    columns: tuple[Column, ...]

    @classmethod
    def create(cls, conn: psycopg.Connection, type_name: str) -> "ValueTable":
        conn.execute(sql.SQL("drop table if exists public.kept"))
        conn.execute(sql.SQL("create table public.kept (place integer, value {})").format(sql.SQL(type_name)))
        return cls(conn, columns_of(conn, "public.kept"))

    @property
    def target(self) -> CopyTarget:
        return copy_target("public", "kept", self.columns)

    def by_postgres(self, texts: Sequence[Text]) -> Written:
        """COPY each text in a statement of its own."""
        rejected: dict[int, str] = {}
        for place, text in enumerate(texts):
            try:
                with self.conn.transaction(), self.conn.cursor().copy("copy public.kept from stdin") as copy:
                    copy.write_row((place, text))
            except psycopg.Error as exc:
                rejected[place] = CODES.get(exc.sqlstate or "", "IJ403")
        return Written(self.take_rows(), rejected, {})

    def by_pipeline(self, texts: Sequence[Text], reading: Reading | None = None) -> Written:
        """Take a file with the texts through all steps of a chunk, from its bytes to the table."""
        dialect = Dialect()
        header = [column.name for column in self.columns]
        plan = make_plan(header, self.columns, readings={"value": reading} if reading else None)
        chunk = as_chunk(texts, dialect)
        keep = check_shape(chunk, 2, dialect).keep
        assert keep.sum() == len(texts)
        frame = parse(records.canonical_csv(chunk, keep, dialect), plan, dialect, len(texts))
        transformed = transform(Rows(frame, np.arange(len(texts), dtype=np.int64)), plan)
        checked = check(transformed.rows, plan, transformed.rejections)
        rows, rejections = settle(checked, cast_results(self.conn, checked.uncertain))
        rejections += self.load(rows, plan)
        cells = rejections.cells()
        return Written(
            self.take_rows(),
            {row: reason.code for row, reason in cells},
            {row: reason.message for row, reason in cells},
        )

    def load(self, rows: Rows, plan: Plan) -> Rejections:
        """COPY as a job does: all rows at once, and if that fails, again after casting the values of opaque types."""
        error = savepoint(self.conn, lambda: copy_text(self.conn, self.target.text, rows.frame))
        if error is None:
            return Rejections()
        assert is_opaque(self.columns[1]), f"Postgres rejects a text that was certain ({error.sqlstate})"
        checked = Checked(rows, opaque_values(rows, plan), Rejections())
        rows, rejections = settle(checked, cast_results(self.conn, checked.uncertain))
        with self.conn.transaction():
            rejected, _ = self.target.write_accepted(self.conn, rows.frame)
            assert rejected == [], "Postgres rejects a text that it could cast"
        return rejections

    def take_rows(self) -> dict[int, Text]:
        """Return the rows of the table and delete them."""
        stored = dict(self.conn.execute("select place, value::text from public.kept").fetchall())
        self.conn.execute("delete from public.kept")
        return stored


def columns_of(conn: psycopg.Connection, table: str) -> tuple[Column, ...]:
    """Return the columns of a table as a target has them."""
    described = conn.execute(
        "select name, type, base, kind, not_null, required, labels from importer.insertable_columns(%s::regclass)",
        [table],
    ).fetchall()
    return tuple(
        Column(
            name=name, type=type_name, base=base, kind=kind, not_null=not_null, required=required, labels=tuple(labels)
        )
        for name, type_name, base, kind, not_null, required, labels in described
    )


def as_chunk(texts: Sequence[Text], dialect: Dialect) -> Chunk:
    """Cut a file of numbered texts into one chunk; None is an empty field without quotes."""
    body = io.StringIO(newline="")
    writer = csv.writer(body, quoting=csv.QUOTE_NOTNULL if hasattr(csv, "QUOTE_NOTNULL") else csv.QUOTE_ALL)
    for place, text in enumerate(texts):
        if text is None:
            body.write(f"{place},\r\n")
        else:
            writer.writerow((place, text))
    (chunk,) = records.cut([body.getvalue().encode()], dialect, Position(), FileLimits(), lambda _: 1 << 24)
    return chunk
