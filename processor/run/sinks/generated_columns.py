"""The generated column at which a refused row has failed, which Postgres does not name."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.types.json import Jsonb

from processor.database.sqlstates import rejection_code
from processor.model import Job, Message, Reason, Rejections
from processor.run.access.identity import acting, claims_alone, writer_identity

HAS_GENERATED: Final = """select exists (
  select from pg_catalog.pg_attribute as a
  where a.attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text)) and a.attgenerated <> '' and not a.attisdropped
)"""
FAILING: Final = """select place, column_name, state from importer.failing_generated_columns(
  relation => to_regclass(format('%%I.%%I', %s::text, %s::text)), refused => %s, role => %s
)"""
#: The codes of rejections that may be about a generated column, if they name no column.
CODES: Final = frozenset({"IJ403", "IJ405", "IJ406", "IJ412", "IJ414", "IJ418"})

#: Returns the values of refused rows, column by column.
ValuesOf = Callable[[npt.NDArray[np.int64]], list[dict[str, Any]]]


class GeneratedColumns:
    """Names the generated columns of a job's table in rejections. Whether it has any is asked once, when it matters."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._some: bool | None = None

    def named(self, conn: psycopg.Connection, rejected: Rejections, values_of: ValuesOf) -> Rejections:
        """Return the rejections with the generated column of those that have no column and are about one.

        Raises: psycopg.Error.
        """
        doubtful = [reason.column is None and reason.code in CODES for reason in rejected.reasons]
        if not any(doubtful) or not self._there_are_some(conn):
            return rejected
        cells = np.flatnonzero(np.array(doubtful)[rejected.reason_of])
        reasons, reason_of = list(rejected.reasons), rejected.reason_of.copy()
        for place, column, state in self._failing(conn, values_of(rejected.records[cells])):
            reason = rejected.reasons[rejected.reason_of[cells[place]]]
            if rejection_code(state, default="IJ418") != reason.code:
                continue
            named = with_column(reason, column)
            if named not in reasons:
                reasons.append(named)
            reason_of[cells[place]] = reasons.index(named)
        return Rejections(rejected.records, reason_of, tuple(reasons))

    def _there_are_some(self, conn: psycopg.Connection) -> bool:
        """Return whether the table has a generated column."""
        target = self._job.target
        if self._some is None:
            row = conn.execute(HAS_GENERATED, (target.schema, target.table)).fetchone() if target else None
            self._some = bool(row and row[0])
        return self._some

    def _failing(self, conn: psycopg.Connection, rows: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
        """Return the place, the generated column and the SQLSTATE of the rows in which one fails."""
        target, identity = self._job.target, writer_identity(self._job)
        if target is None:
            return []
        role = identity.role if identity else None
        with acting(conn, claims_alone(identity)):
            return conn.execute(FAILING, (target.schema, target.table, Jsonb(rows), role)).fetchall()


def with_column(reason: Reason, column: str) -> Reason:
    """Return the reason with the generated column that it is about."""
    params = dict(reason.message.params) if isinstance(reason.message, Message) else {}
    message = Message(f'{reason.message}: generated column "{column}"', **params, generated_column=column)
    return Reason(column, reason.code, message)
