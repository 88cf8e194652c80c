"""One column of a type, written twice: by the pipeline as a job does it, and text by text by Postgres itself."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from processor import load, records
from processor.model import Checked, Chunk, Column, Dialect, FileLimits, Plan, Position, Reading, Rejections, Rows
from processor.validate import check, make_plan, opaque_doubts, parse, settle, transform
from processor.validate.shape import judge_shape
from processor.validate.types import is_judged

Text = str | None
#: What a rejection's code must be for the SQLSTATE that Postgres gives; all others are IJ403.
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
    """What became of each text, by its place: the value's text as stored, or the code of the refusal."""

    stored: dict[int, Text]
    refused: dict[int, str]
    messages: dict[int, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A table (place integer, value <the type>), for tests that roll back."""

    conn: psycopg.Connection
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, conn: psycopg.Connection, type_name: str) -> "Kept":
        conn.execute(sql.SQL("drop table if exists public.kept"))
        conn.execute(sql.SQL("create table public.kept (place integer, value {})").format(sql.SQL(type_name)))
        found = conn.execute(
            "select name, type, base, kind, not_null, required, labels from importer.insertable_columns('public.kept')"
        ).fetchall()
        return cls(conn, tuple(Column(*row[:6], tuple(row[6])) for row in found))

    @property
    def opaque(self) -> bool:
        return not is_judged(self.columns[1])

    def by_postgres(self, texts: Sequence[Text]) -> Written:
        """COPY each text alone."""
        refused: dict[int, str] = {}
        for place, text in enumerate(texts):
            try:
                with self.conn.transaction(), self.conn.cursor().copy("copy public.kept from stdin") as copy:
                    copy.write_row((place, text))
            except psycopg.Error as exc:
                refused[place] = CODES.get(exc.sqlstate or "", "IJ403")
        return Written(self.taken(), refused, {})

    def by_pipeline(self, texts: Sequence[Text], reading: Reading | None = None) -> Written:
        """Take a file of the texts through the steps of a job's chunk, from its bytes to the table."""
        dialect = Dialect()
        header = [column.name for column in self.columns]
        plan = make_plan(header, self.columns, readings={"value": reading} if reading else None)
        chunk = as_chunk(texts, dialect)
        keep = judge_shape(chunk, 2).keep
        assert keep.sum() == len(texts)
        frame = parse(records.clean(chunk, keep, dialect), plan, dialect, len(texts))
        read = transform(Rows(frame, np.arange(len(texts), dtype=np.int64)), plan)
        checked = check(read.rows, plan, read.rejections)
        rows, found = settle(checked, load.judge(self.conn, checked.uncertain))
        found = [found, *self.load(rows, plan)]
        return Written(
            self.taken(),
            {row: code for each in found for row, code in zip(each.rows, each.codes, strict=True)},
            {row: message for each in found for row, message in zip(each.rows, each.messages, strict=True)},
        )

    def load(self, rows: Rows, plan: Plan) -> list[Rejections]:
        """Copy as a job does: all at once, else after asking about the types that were left to Postgres."""
        statement = load.copy_statement("public", "kept", [column.name for column in self.columns])
        error = load.savepoint(self.conn, lambda: load.copy(self.conn, statement, rows.frame))
        if error is None:
            return []
        assert self.opaque, f"the checks were sure of a text that Postgres refuses ({error.sqlstate})"
        asked = Checked(rows, opaque_doubts(rows, plan), Rejections())
        rows, found = settle(asked, load.judge(self.conn, asked.uncertain))
        with self.conn.transaction():
            assert load.copy_isolating(self.conn, statement, rows.frame) == [], "a text was judged wrongly"
        return [found]

    def taken(self) -> dict[int, Text]:
        """Read the table and empty it."""
        stored = dict(self.conn.execute("select place, value::text from public.kept").fetchall())
        self.conn.execute("delete from public.kept")
        return stored


def as_chunk(texts: Sequence[Text], dialect: Dialect) -> Chunk:
    """Cut a file of numbered texts; the absent text is an empty field without quotes."""
    body = io.StringIO(newline="")
    writer = csv.writer(body, quoting=csv.QUOTE_NOTNULL if hasattr(csv, "QUOTE_NOTNULL") else csv.QUOTE_ALL)
    for place, text in enumerate(texts):
        if text is None:
            body.write(f"{place},\r\n")
        else:
            writer.writerow((place, text))
    (chunk,) = records.cut([body.getvalue().encode()], dialect, Position(), FileLimits(), lambda _: 1 << 24)
    return chunk
