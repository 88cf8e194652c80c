"""Find, before a chunk is written, the rows whose parent is neither in the table nor in the chunk."""

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from processor.load import Relatives, copy_target, cut_off
from processor.model import Column, Job, Rows
from processor.queue import waiting
from processor.queue.waiting import SelfReference
from processor.run.sinks.choose import number_column
from processor.run.sinks.family import Mask
from processor.run.sinks.statements import RECORD, numbered_temp_table

FOREIGN_KEY = "23503"


class Orphans:
    """Sets aside the rows of a job that a missing row cuts off, once the table has refused one for that reason.

    They need not be tried: nothing that is in the table or in their chunk lets them in. `columns` are those of the
    file.
    """

    def __init__(self, job: Job, columns: tuple[Column, ...], references: tuple[SelfReference, ...]) -> None:
        names = set(waiting.columns_of(references))
        self._job, self._references = job, references
        self._columns = tuple(column for column in columns if column.name in names)
        self._names = {reference.name for reference in references}
        self._create = numbered_temp_table(sql.Identifier("pg_temp", "import_family"), self._columns)
        self._by_sets = by_sets(references, columns)
        self.expected = False

    def expect(self, exc: psycopg.Error) -> bool:
        """Return whether an error says for the first time that a row is without parent."""
        first = self._by_sets and not self.expected
        self.expected = self.expected or (
            first and exc.sqlstate == FOREIGN_KEY and exc.diag.constraint_name in self._names
        )
        return first and self.expected

    def marked(self, conn: psycopg.Connection, rows: Rows) -> Mask:
        """Mark the rows that are cut off, in the transaction that writes the others.

        Raises: psycopg.Error.
        """
        places = pl.Series(RECORD, np.arange(rows.frame.height))
        frame = rows.frame.select([column.name for column in self._columns]).with_columns(places)
        conn.execute(self._create)
        copy_target("pg_temp", "import_family", (*self._columns, number_column(RECORD))).write(
            conn, frame, rows.certain
        )
        parents = [waiting.parents_in_stage(conn, self._job, [reference]) for reference in self._references]
        relatives = [Relatives(rows=orphans, first=first, last=first) for orphans, first in parents]
        return cut_off(rows.frame.height, relatives)


def by_sets(references: tuple[SelfReference, ...], columns: tuple[Column, ...]) -> bool:
    """Return whether sets can look parents up by the references, in a file with these columns."""
    names = {column.name for column in columns}
    return bool(references) and all(
        reference.id is not None and {*reference.columns, *reference.referenced} <= names for reference in references
    )
