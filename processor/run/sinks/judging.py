"""What is the same wherever rows are judged by sets: the rules, the suspects, and the stage of what they need."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.database.sqlstates import may_be_about_a_row
from processor.load import (
    Judge,
    Meeting,
    NotBySets,
    RowError,
    StageLookups,
    TableRules,
    Verdict,
    Writes,
    reason,
    rules_of_mode,
    table_rules,
)
from processor.model import Column, Job, Rejections
from processor.run.access.identity import Identity
from processor.run.sinks.statements import numbered_temp_table

R = TypeVar("R")
Mask = npt.NDArray[np.bool_]
JUDGED = sql.Identifier("pg_temp", "import_judged")


@dataclass(slots=True, kw_only=True)
class Judging:
    """Judges rows that are in the temporary table import_judged, as far as the rules of their table need them.

    `columns` are those that are written, or by which existing rows are met. `suspects` are the names of the rules that
    have refused rows of this job: only these are looked up for all rows, since most tables have many rules and most
    files break one. `secured` says that row security applies to the role that writes.
    """

    job: Job
    table: sql.Identifier
    columns: tuple[Column, ...]
    enter: Identity | None
    writes: Writes = field(default_factory=Writes)
    secured: bool = False
    suspects: set[str] = field(default_factory=set[str])
    _rules: tuple[TableRules, Meeting] | None = None

    def note(self, exc: psycopg.Error) -> None:
        """Note the rule that has refused a row of a chunk."""
        if exc.diag.constraint_name:
            self.suspects.add(exc.diag.constraint_name)

    def rules(self, conn: psycopg.Connection) -> tuple[TableRules, Meeting]:
        """Return the rules of the table, and how rows meet existing ones.

        Raises: NotBySets where sets cannot say what the table refuses; psycopg.Error.
        """
        if self._rules is None:
            # An update passes over rows that the writer may not see.
            if self.secured and self.writes.mode == "update":
                raise NotBySets(for_good=True)
            rules = table_rules(
                conn,
                self.table,
                [column.name for column in self.columns],
                meets_rows=self.writes.meets_rows,
                role=self.job.role if self.secured else None,
                reads=self.writes.meets_rows and bool(self.writes.keys),
            )
            if not rules.by_sets or not rules.columns:
                raise NotBySets(for_good=True)
            rules, meeting = rules_of_mode(rules, self.writes)
            self._rules = rules, replace(meeting, secured=self.secured and meeting.changes)
        return self._rules

    def staged_columns(self, rules: TableRules) -> tuple[Column, ...]:
        """Return the columns of the stage."""
        return tuple(column for column in self.columns if column.name in rules.columns)

    def create_stage(self, conn: psycopg.Connection, rules: TableRules) -> None:
        """Create the temporary table."""
        create = numbered_temp_table(JUDGED, self.staged_columns(rules))
        readers = [rules.reader, *([self.job.role] if self.job.as_uploader else [])]
        grant = sql.SQL("; grant select on {} to {}").format(JUDGED, sql.SQL(", ").join(map(sql.Identifier, readers)))
        conn.execute(create + grant)

    def judge(
        self, conn: psycopg.Connection, lookups: StageLookups, decide: Callable[[Judge], R], present: Mask | None = None
    ) -> R:
        """Return what a judge says who knows the suspects so far. `present` marks the rows that are in the stage.

        The locks on parents are given back at once. If the chunk waited for its turn with one, and somebody who alters
        the parent for that, a chunk before this one would wait for both, and Postgres would not see why.
        Raises: NotBySets, psycopg.Error.
        """
        rules, meeting = self.rules(conn)
        try:
            with conn.transaction(force_rollback=True):
                return decide(Judge(rules, lookups, frozenset(self.suspects), meeting, present))
        except psycopg.Error as exc:
            raise not_by_sets(conn, exc) from exc

    def suspect(self, rules: TableRules, error: psycopg.Error) -> None:
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
