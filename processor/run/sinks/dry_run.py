"""What a dry run would do to existing rows: how many it would change, and how many it would leave as they are.

The owner of the job learns no more than by writing the rows by hand: that a key is taken. What a row contains is
compared under the owner's own rights and row security.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

from processor.run.access.identity import Identity, acting
from processor.run.sinks.statements import Writing


@dataclass(frozen=True, slots=True)
class DryRunOutcome:
    """How many rows would be created, changed and left as they are; the last is None where it cannot be known.

    Rows that cannot be compared count as changed. `removed` rows would be replaced.
    """

    created: int
    changed: int = 0
    left: int | None = 0
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Statements that count staged rows: those with an `existing` row, and those that are `equal` to it.

    `writer` is the identity that writes, and `reader` the one that may compare contents.
    """

    existing: sql.Composed
    equal: sql.Composed
    writer: Identity | None
    reader: Identity | None

    def count(self, conn: psycopg.Connection, records: Sequence[int] | None = None) -> tuple[int, int | None]:
        """Return how many staged rows exist, and how many are equal (None: the reader may not know).

        `records` restricts the rows to those with these numbers.
        Raises: psycopg.Error.
        """
        if records is not None and not records:
            return 0, 0
        only = sql.SQL("")
        if records is not None:
            only = sql.SQL(' and s."#record" = any ({})').format(sql.Literal(list(records)))
        with acting(conn, self.writer):
            existing = number(conn, self.existing + only)
        try:
            with conn.transaction(), acting(conn, self.reader):
                return existing, number(conn, self.equal + only)
        except errors.InsufficientPrivilege:
            return existing, None


def number(conn: psycopg.Connection, query: sql.Composed) -> int:
    """Return the count that a query selects."""
    row = conn.execute(query).fetchone()
    return int(row[0]) if row else 0


def comparison(
    writing: Writing, stage: sql.Composable, writer: Identity | None, reader: Identity | None
) -> Comparison | None:
    """Return the comparison of staged rows with existing ones; None for a mode that changes no row."""
    if writing.target.mode not in ("upsert", "update") or not writing.updated:
        return None
    return Comparison(
        existing=matching(writing, stage, sql.SQL("")),
        equal=matching(writing, stage, equal_values(writing)),
        writer=writer,
        reader=reader,
    )


def matching(writing: Writing, stage: sql.Composable, condition: sql.Composable) -> sql.Composed:
    """Compose the count of staged rows for which the table has a row with the same key that may be written."""
    owner = writing.target.owner_column or ""
    same = [sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in writing.keys]
    if owner in writing.constants:
        same.append(sql.SQL("t.{} = {}").format(sql.Identifier(owner), sql.Literal(str(writing.constants[owner]))))
    query = sql.SQL("select count(*) from {stage} as s where exists (select from {table} as t where {same}{more})")
    return query.format(stage=stage, table=writing.table, same=sql.SQL(" and ").join(same), more=condition)


def equal_values(writing: Writing) -> sql.Composed:
    """Compose the condition that what would be written is there already.

    It compares the stored bytes, since not every type has an operator for equality, and citext calls a and A equal.
    """
    ours, theirs = (sql.SQL(", ").join(sql.Identifier(alias, name) for name in writing.updated) for alias in ("s", "t"))
    return sql.SQL(" and row({})::record operator(pg_catalog.*=) row({})::record").format(ours, theirs)


def outcome(
    comparison: Comparison | None,
    conn: psycopg.Connection,
    before: tuple[int, int | None],
    late: Sequence[int],
    transferred: int,
) -> DryRunOutcome:
    """Return what became of the rows: `before` counts them all, `late` are the records of those that were rejected.

    Raises: psycopg.Error.
    """
    if comparison is None:
        return DryRunOutcome(created=transferred)
    existing, equal = before
    existing_late, equal_late = comparison.count(conn, late)
    accepted = existing - existing_late
    left = None if equal is None or equal_late is None else equal - equal_late
    created = max(0, transferred - accepted)
    return DryRunOutcome(created=created, changed=accepted - (left or 0), left=left)
