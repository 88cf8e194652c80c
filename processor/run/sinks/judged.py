"""Judge a chunk's rows by sets, and COPY those that the table accepts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import LiteralString, TypeVar, cast

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from psycopg import sql

from processor.database.sqlstates import may_be_about_a_row
from processor.load import (
    CopyTarget,
    Judge,
    NotBySets,
    RowError,
    StageLookups,
    TableRules,
    Verdict,
    Watch,
    copy_target,
    reason,
    savepoint,
    table_rules,
    watch_all,
)
from processor.model import Column, Job, Rejections
from processor.run.access.identity import Identity, acting
from processor.run.sinks.sink import WaitTurn
from processor.run.sinks.statements import RECORD

R = TypeVar("R")
JUDGED = sql.Identifier("pg_temp", "import_judged")


@dataclass(slots=True, kw_only=True)
class JudgedCopy:
    """Copies what the rules of the table need into a temporary table, judges it there, and copies the accepted rows.

    The rows go by COPY into the target, as those of a chunk without refused rows do, so that nothing else changes for
    them. `columns` are those of `copy`. `suspects` are the names of the rules that have refused rows of this job: only
    these are looked up for all rows, since most tables have many rules and most files break one.
    """

    job: Job
    table: sql.Identifier
    columns: tuple[Column, ...]
    number: Column
    copy: CopyTarget
    enter: Identity | None
    suspects: set[str] = field(default_factory=set[str])
    _rules: TableRules | None = None

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
            orphans = self._judge(conn, lookups, lambda judge: judge.orphans(failed))
            wait_turn()
            while True:
                verdict = self._judge(conn, lookups, lambda judge, known=orphans: judge.verdict(failed, known))
                watch_all(watch, np.flatnonzero(verdict.refused_by >= 0), 0)
                accepted = frame.filter(pl.Series(verdict.accepted))
                counts: list[int] = []
                with acting(conn, self.enter):
                    error = savepoint(conn, partial(self._copy_accepted, conn, accepted, certain, counts))
                if error is None:
                    return rejections(lookups.rules, verdict), counts[0]
                self._suspect(lookups.rules, error)
                orphans = self._judge(conn, lookups, lambda judge: judge.orphans(failed))

    def note(self, exc: psycopg.Error) -> None:
        """Note the rule that has refused a row of a chunk."""
        if exc.diag.constraint_name:
            self.suspects.add(exc.diag.constraint_name)

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
                if self._rules is None:
                    self._rules = table_rules(conn, self.table, [column.name for column in self.columns])
                rules = self._rules
                if not rules.by_sets or not rules.columns:
                    raise NotBySets(for_good=True)
                self._create_stage(conn, rules)
                columns = tuple(column for column in self.columns if column.name in rules.columns)
                places = pl.Series(RECORD, np.arange(frame.height))
                staged = frame.select([column.name for column in columns]).with_columns(places)
                copy_target("pg_temp", "import_judged", (*columns, self.number)).write(conn, staged, certain)
                lookups = StageLookups(conn, self.job, rules)
                with acting(conn, self.enter):
                    return lookups, lookups.failed_checks(frame.height)
        except psycopg.Error as exc:
            raise not_by_sets(conn, exc) from exc

    def _create_stage(self, conn: psycopg.Connection, rules: TableRules) -> None:
        described = [
            # Postgres itself has qualified and quoted the type: it is what format_type() says of the column.
            sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(cast(LiteralString, column.type)))
            for column in self.columns
            if column.name in rules.columns
        ]
        readers = [rules.reader, *([self.job.role] if self.job.as_uploader else [])]
        conn.execute(
            sql.SQL(
                'create temporary table import_judged ({}, "#record" bigint) on commit drop; grant select on {} to {}'
            ).format(sql.SQL(", ").join(described), JUDGED, sql.SQL(", ").join(map(sql.Identifier, readers)))
        )

    def _judge(self, conn: psycopg.Connection, lookups: StageLookups, decide: Callable[[Judge], R]) -> R:
        """Return what a judge says who knows the suspects so far.

        The locks on parents are given back at once. If the chunk waited for its turn with one, and somebody who alters
        the parent for that, a chunk before this one would wait for both, and Postgres would not see why.
        Raises: NotBySets, psycopg.Error.
        """
        try:
            with conn.transaction(force_rollback=True):
                return decide(Judge(lookups.rules, lookups, frozenset(self.suspects)))
        except psycopg.Error as exc:
            raise not_by_sets(conn, exc) from exc

    def _suspect(self, rules: TableRules, error: psycopg.Error) -> None:
        """Note the rule that has refused a row which the others accept.

        Raises: NotBySets if it is none of those that sets can look up, or if it has been looked up: then a row has
        come, or a parent has gone, in the meantime.
        """
        name = error.diag.constraint_name or ""
        if name not in {rule.name for rule in rules.in_order}:
            raise NotBySets(for_good=True) from error
        if name in self.suspects:
            raise NotBySets(for_good=False) from error
        self.suspects.add(name)


def not_by_sets(conn: psycopg.Connection, exc: psycopg.Error) -> Exception:
    """Return what an error while rows are judged means: that sets cannot do it, unless no row could be the cause."""
    return exc if conn.broken or not may_be_about_a_row(exc) else NotBySets(for_good=True)


def rejections(rules: TableRules, verdict: Verdict) -> Rejections:
    """Return the rejections of the refused rows, by their places."""
    places = np.flatnonzero(verdict.refused_by >= 0)
    reasons = [
        reason(RowError(state=rule.sqlstate, constraint=rule.name), ()) for rule in (*rules.checks, *rules.in_order)
    ]
    return Rejections(places, verdict.refused_by[places].astype(np.int32), tuple(reasons))
