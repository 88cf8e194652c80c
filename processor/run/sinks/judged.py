"""Judge a chunk's rows by sets, and COPY those that the table accepts."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg

from processor.load import CopyTarget, StageLookups, Watch, copy_target, savepoint, watch_all
from processor.model import Column, Rejections
from processor.run.access.identity import acting
from processor.run.sinks.judging import Judging, not_by_sets, rejections
from processor.run.sinks.sink import WaitTurn
from processor.run.sinks.statements import RECORD


@dataclass(slots=True, kw_only=True)
class JudgedCopy(Judging):
    """Copies what the rules of the table need into a temporary table, judges it there, and copies the accepted rows.

    The rows go by COPY into the target, as those of a chunk without refused rows do, so that nothing else changes for
    them. `columns` are those of `copy`, and `number` is the column of their places.
    """

    number: Column
    copy: CopyTarget

    def write(
        self, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str], wait_turn: WaitTurn, watch: Watch
    ) -> tuple[Rejections, int]:
        """Write the rows that the table accepts; return the rejections of the others, and how many were written.

        The turn of the chunk is waited for once its rows and their parents have been looked at: only keys depend on the
        rows before them.
        Raises: NotBySets where sets cannot say it, and nothing is written; psycopg.Error; what `watch` raises.
        """
        with conn.transaction():
            lookups, failed = self._staged(conn, frame, certain)
            orphans = self.judge(conn, lookups, lambda judge: judge.orphans(failed))
            wait_turn()
            while True:
                verdict = self.judge(conn, lookups, lambda judge, known=orphans: judge.verdict(failed, known))
                watch_all(watch, np.flatnonzero(verdict.refused_by >= 0), 0)
                accepted = frame.filter(pl.Series(verdict.accepted))
                counts: list[int] = []
                with acting(conn, self.enter):
                    error = savepoint(conn, partial(self._copy_accepted, conn, accepted, certain, counts))
                if error is None:
                    return rejections(lookups.rules, verdict), counts[0]
                self.suspect(lookups.rules, error)
                orphans = self.judge(conn, lookups, lambda judge: judge.orphans(failed))

    def _copy_accepted(
        self, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str], counts: list[int]
    ) -> None:
        counts.append(self.copy.write(conn, frame, certain) if frame.height else 0)

    def _staged(
        self, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str]
    ) -> tuple[StageLookups, npt.NDArray[np.int64]]:
        """Copy what the rules need into the temporary table; return what looks it up, and the first check each fails.

        Raises: NotBySets, psycopg.Error.
        """
        try:
            with conn.transaction():
                rules, _ = self.rules(conn)
                self.create_stage(conn, rules)
                columns = self.staged_columns(rules)
                places = pl.Series(RECORD, np.arange(frame.height))
                staged = frame.select([column.name for column in columns]).with_columns(places)
                copy_target("pg_temp", "import_judged", (*columns, self.number)).write(conn, staged, certain)
                lookups = StageLookups(conn, self.job, rules)
                with acting(conn, self.enter):
                    return lookups, lookups.failed_checks(frame.height)
        except psycopg.Error as exc:
            raise not_by_sets(conn, exc) from exc
