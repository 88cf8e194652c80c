"""Empty fields that take the default of their column: Postgres computes the values before the rows are written.

So every sink gets whole rows, in the order of the file. A default that looks at the rows of its own table sees those of
earlier chunks only.
"""

from typing import LiteralString, cast

import polars as pl
import psycopg
from psycopg import sql

from processor.model import Job, Rows
from processor.queue import defaults
from processor.queue.defaults import ColumnDefault
from processor.run.access.identity import acting, writer_identity


class DefaultValues:
    """Fills the empty fields of a job's chunks. The defaults are read once, when the first chunk needs them."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._defaults: dict[str, ColumnDefault] | None = None

    def fill(self, conn: psycopg.Connection, rows: Rows) -> Rows:
        """Return the rows with the values of defaults, in the transaction that writes them.

        Columns without a default keep their nulls. Raises: psycopg.Error.
        """
        if rows.empty is None or self._job.target is None or self._job.target.table is None:
            return rows
        if self._defaults is None:
            self._defaults = defaults.column_defaults(conn, self._job)
        frame, certain = rows.frame, rows.certain
        for name in rows.empty.columns:
            empty, default = rows.empty.get_column(name), self._defaults.get(name)
            if default is None or not empty.any() or (default.expression is None and self._looks_for(name)):
                continue
            texts = frame.get_column(name)
            if default.expression is None:
                values = self._ids(conn, texts, int(empty.sum()))
            else:
                values, certain = self._values(conn, default, int(empty.sum())), certain - {name}
            frame = frame.with_columns(texts.clone().scatter(empty.arg_true(), values))
        return Rows(frame, rows.index, certain, empty=None)

    def _looks_for(self, column: str) -> bool:
        """Return whether rows are looked for by a column, so that no new id finds one."""
        target = self._job.target
        return target is not None and target.mode == "update" and column in target.key_columns

    def _ids(self, conn: psycopg.Connection, texts: pl.Series, count: int) -> pl.Series:
        """Take the next ids for a column that has these texts besides."""
        taken = texts.str.strip_chars().cast(pl.Int64, strict=False).drop_nulls()
        ids = defaults.next_ids(conn, self._job, texts.name, count, taken.to_list())
        return pl.Series(ids, dtype=pl.Int64).cast(pl.String)

    def _values(self, conn: psycopg.Connection, default: ColumnDefault, count: int) -> pl.Series:
        """Evaluate a default for each of `count` rows as the role that writes them; return the values as texts."""
        # As JSON, because an array of 100,000 texts takes a second to read.
        query = sql.SQL(
            "select array_to_json(array_agg((({expression})::{type})::text)) from generate_series(1, {count})"
        ).format(
            expression=sql.SQL(cast(LiteralString, default.expression)),
            type=sql.SQL(cast(LiteralString, default.type)),
            count=sql.Literal(count),
        )
        with acting(conn, writer_identity(self._job)):
            row = conn.execute(query).fetchone()
        return pl.Series(row[0] if row else [], dtype=pl.String)
