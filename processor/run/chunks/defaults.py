"""Empty fields that take the default of their column: Postgres computes the values before the rows are written.

So every sink gets whole rows, in the order of the file. A default that looks at the rows of its own table sees those of
earlier chunks only.
"""

import polars as pl
import psycopg

from processor.database.sqlstates import DENIED, may_be_about_a_row
from processor.errors import DatabaseRefused, NotPermitted
from processor.model import Job, Rows
from processor.queue import defaults
from processor.run.access.identity import acting, writer_identity


class DefaultValues:
    """Fills the empty fields of a job's chunks. Which columns have defaults is asked when the first chunk needs one."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._defaults: dict[str, bool] | None = None

    def fill(self, conn: psycopg.Connection, rows: Rows) -> Rows:
        """Return the rows with the values of defaults, in the transaction that writes them.

        Columns without a default keep their nulls.
        Raises: DatabaseRefused, NotPermitted when a default cannot be computed; psycopg.Error.
        """
        if rows.empty is None or self._job.target is None or self._job.target.table is None:
            return rows
        if self._defaults is None:
            self._defaults = defaults.column_defaults(conn, self._job)
        frame, certain = rows.frame, rows.certain
        for name in rows.empty.columns:
            empty, is_sequence = rows.empty.get_column(name), self._defaults.get(name)
            if is_sequence is None or not empty.any() or (is_sequence and self._looks_for(name)):
                continue
            texts, count = frame.get_column(name), int(empty.sum())
            try:
                values = self._ids(conn, texts, count) if is_sequence else self._values(conn, name, count)
            except psycopg.Error as exc:
                raise explained(exc, name) from exc
            certain = certain if is_sequence else certain - {name}
            frame = frame.with_columns(texts.clone().scatter(empty.arg_true(), values))
        return Rows(frame, rows.index, certain)

    def _looks_for(self, column: str) -> bool:
        """Return whether rows are looked for by a column, so that no new id finds one."""
        target = self._job.target
        return target is not None and target.mode == "update" and column in target.key_columns

    def _ids(self, conn: psycopg.Connection, texts: pl.Series, count: int) -> pl.Series:
        """Take the next ids for a column that has these texts besides."""
        taken = texts.str.strip_chars().cast(pl.Int64, strict=False).drop_nulls()
        ids = defaults.next_ids(conn, self._job, texts.name, count, taken.to_list())
        return pl.Series(ids, dtype=pl.Int64).cast(pl.String)

    def _values(self, conn: psycopg.Connection, column: str, count: int) -> pl.Series:
        """Compute a default for each of `count` rows as the role that writes them; return the values as texts."""
        table = defaults.prepare_default(conn, self._job, column)
        with acting(conn, writer_identity(self._job)):
            row = conn.execute(defaults.computed_values(column, count, table)).fetchone()
        return pl.Series(row[0] if row else [], dtype=pl.String)


def explained(exc: psycopg.Error, column: str) -> Exception:
    """Return what an error means that a default has raised: it concerns all rows alike."""
    if not may_be_about_a_row(exc):
        return exc
    if exc.sqlstate == DENIED:
        return NotPermitted("the role that loads may not compute the default of column {column}", column=column)
    return DatabaseRefused(
        "the default of column {column} cannot be computed (SQLSTATE {sqlstate})",
        column=column,
        sqlstate=str(exc.sqlstate),
    )
