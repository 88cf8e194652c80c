"""Write the staged rows that the table accepts, by one SQL function, where no set can say which ones it refuses."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.database.sqlstates import BUSY, RAISED, ROW_CLASSES, UNAVAILABLE_CLASSES
from processor.errors import JOB_ERRORS
from processor.load.bisect import Watch
from processor.load.rejections import RowError, reason
from processor.model import Rejections

#: Rows of one call: between two, the job may be stopped. A refused row takes 0.1 ms.
CALL_ROWS: Final = 4096
#: Created beside the stage. The statement that writes rows advances it, and a rollback does not.
PLACE: Final = sql.SQL("pg_temp.import_place")
# Patterns of SQLSTATEs: those that are surely about a row, and those that no row causes (is_about_a_row and
# may_be_about_a_row).
_ROW_STATES: Final = [*(f"{state}%" for state in ROW_CLASSES), *RAISED]
_OTHER_STATES: Final = [*BUSY, *JOB_ERRORS, *(f"{state}%" for state in UNAVAILABLE_CLASSES)]
_WRITE: Final = """select * from importer.write_accepted_rows(
  write => %(write)s, stage => %(stage)s, first => %(first)s, last => %(last)s, max_rejected => %(limit)s,
  role => %(role)s, path => current_setting('search_path'), row_states => %(row_states)s,
  other_states => %(other_states)s
)"""
_NO_LIMIT: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of staged rows: `rejections` has the numbers of their records, `written` counts the rows written."""

    rejections: Rejections
    written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRows:
    """Rows of a stage, and the statement that writes those of the records from `$1` to `$2`.

    `role` is the one that writes; None: that of the session.
    """

    stage: sql.Composable
    write: sql.Composed
    role: str | None

    def write_accepted(
        self, conn: psycopg.Connection, first: int, last: int, limit: int | None, watch: Watch
    ) -> Accepted:
        """Write the rows of the records from `first` to `last` that the table accepts; stop after `limit` rejections.

        `watch` is called with the numbers of rejected records, in order.
        Raises: psycopg.Error for an error that no row causes; what `watch` raises.
        """
        parts: list[Rejections] = []
        rejected = written = 0
        for start in range(first, last + 1, CALL_ROWS):
            left = _NO_LIMIT if limit is None else limit - rejected
            if left <= 0:
                break
            accepted = self._call(conn, start, min(start + CALL_ROWS - 1, last), left)
            watch_all(watch, accepted.rejections.records, rejected)
            parts.append(accepted.rejections)
            rejected += accepted.rejections.records.size
            written += accepted.written
        return Accepted(rejections=Rejections.joined(parts), written=written)

    def _call(self, conn: psycopg.Connection, first: int, last: int, limit: int) -> Accepted:
        arguments = {
            "write": self.write.as_string(conn),
            "stage": self.stage.as_string(conn),
            "first": first,
            "last": last,
            "limit": limit,
            "role": self.role,
            "row_states": _ROW_STATES,
            "other_states": _OTHER_STATES,
        }
        written, parts = 0, list[Rejections]()
        for state, constraint, column, table, nested, records, count in conn.execute(_WRITE, arguments):
            if state is None:
                written = int(count)
                continue
            error = RowError(state=state, constraint=constraint, column=column, table=table, nested=nested)
            parts.append(Rejections.of(np.frombuffer(records, ">i8"), reason(error, ())))
        return Accepted(rejections=Rejections.joined(parts), written=written)


def watch_all(watch: Watch, rows: npt.NDArray[np.int64], rejected: int) -> None:
    """Call `watch` for rejected rows, in order; `rejected` precede them. Where it has nothing against the last, once.

    Raises: what `watch` raises, for the first row for which it does.
    """
    if not rows.size:
        return
    try:
        watch(int(rows[-1]), rejected + rows.size)
    except Exception:
        for place, row in enumerate(rows.tolist(), 1):
            watch(row, rejected + place)
        raise
