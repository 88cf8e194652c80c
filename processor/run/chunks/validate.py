"""Validate one chunk: shape, parse, read, check, and the casts that only Postgres can do. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import psycopg

from processor import records, validate
from processor.load import cast_results
from processor.model import Change, Checked, Chunk, Dialect, NoRows, Plan, Rejections, Rows
from processor.report import Report
from processor.run.artifacts.formulas import unescape_formulas
from processor.run.opened_file import Beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedChunk:
    """A chunk whose rows are valid as far as can be told without writing them.

    `blank` is the number of records that are skipped as blank lines, comments or no rows, `no_rows` that of the latter;
    `rejections` are those of all records that are neither blank nor in `rows`.
    """

    chunk: Chunk
    blank: int
    rows: Rows
    rejections: Rejections
    changes: Sequence[Change]
    no_rows: NoRows


class Readable(Protocol):
    """A file whose chunks can be validated: how its bytes are read, and what goes where."""

    @property
    def beginning(self) -> Beginning:
        """What the first bytes of the file say."""
        ...

    @property
    def dialect(self) -> Dialect:
        """The file's dialect."""
        ...

    @property
    def plan(self) -> Plan:
        """What goes where."""
        ...


class ChunkValidator:
    """Validates the chunks of one file by its plan; it may be used from several threads, each with its connection."""

    def __init__(self, opened: Readable, report: Report) -> None:
        self._plan, self._dialect, self._report = opened.plan, opened.dialect, report
        self._escaped = opened.beginning.from_errors_csv
        # A type that was left to writing has refused values of the last chunk, so that the next one is not tried first.
        self._opaque_refuse = False

    def validate(self, conn: psycopg.Connection, chunk: Chunk) -> ValidatedChunk:
        """Validate a chunk; types that writing will test anyway are left to it, until they refuse values.

        Raises: RowAccounting, psycopg.Error.
        """
        plan, dialect, report = self._plan, self._dialect, self._report
        marked, no_rows = records.without_no_rows(chunk, dialect)
        trimmed = records.without_surplus(marked, plan.width, dialect)
        shape = validate.check_shape(trimmed, plan.width, dialect, plan.fields)
        with report.timed("parse"):
            index = np.flatnonzero(shape.keep)
            frame = validate.parse(records.canonical_csv(trimmed, shape.keep, dialect), plan, dialect, len(index))
            rows = Rows(unescape_formulas(frame) if self._escaped else frame, index, ascii_only=chunk.data.isascii())
        with report.timed("read"):
            read = validate.transform(rows, plan)
        with report.timed("check"):
            checked = validate.check(read.rows, plan, read.rejections)
            rows, rejections = self._cast(conn, checked)
            rejections = self._with_opaque(conn, checked.rows, rejections)
        validated = ValidatedChunk(
            chunk=chunk,
            blank=shape.skipped,
            rows=rows,
            rejections=shape.rejections + rejections,
            changes=read.changes,
            no_rows=no_rows,
        )
        return self.validate_opaque(conn, validated) if self._opaque_refuse else validated

    def _with_opaque(self, conn: psycopg.Connection, rows: Rows, rejections: Rejections) -> Rejections:
        """Add the invalid values of opaque types in the records that are rejected anyway, which are never written."""
        if not rejections.records.size:
            return rejections
        rejected = rows.kept(np.isin(rows.index, rejections.records))
        uncertain = validate.opaque_values(rejected, self._plan)
        return self._cast(conn, Checked(rejected, uncertain, rejections))[1] if uncertain else rejections

    def validate_opaque(self, conn: psycopg.Connection, validated: ValidatedChunk) -> ValidatedChunk:
        """Validate the types that were left to writing, after it has failed for this chunk or the one before.

        Raises: psycopg.Error.
        """
        uncertain = validate.opaque_values(validated.rows, self._plan)
        rows, rejections = self._cast(conn, Checked(validated.rows, uncertain, Rejections()))
        self._opaque_refuse = bool(rejections.records.size)
        return replace(validated, rows=rows, rejections=validated.rejections + rejections)

    def _cast(self, conn: psycopg.Connection, checked: Checked) -> tuple[Rows, Rejections]:
        return validate.settle(checked, cast_results(conn, checked.uncertain))
