"""The statements that transfer rows from a staging relation into the target, by the target's mode."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString, Protocol, cast
from uuid import UUID

from psycopg import sql

from processor.load import PLACE
from processor.model import Column, Target
from processor.run.sinks.repeated_keys import delete_superseded

STAGE = sql.Identifier("pg_temp", "import_stage")
# Besides the file's columns, each staged row has its record and line number; no table has columns of these names.
RECORD, LINE = "#record", "#line"
# The largest bigint: every record.
LAST = (1 << 63) - 1

# Composes the statement for the records from one to another; the third part advances a sequence for each row.
Compose = Callable[[sql.Composable, sql.Composable, sql.Composable], sql.Composed]

FIRST, LAST_OF_STEP = sql.SQL("$1"), sql.SQL("$2")
# It comes after the condition on the records, so that it is evaluated for the rows of the step alone.
COUNTED = sql.SQL(" and pg_catalog.nextval('{}') > 0").format(PLACE)


class Transfer(Protocol):
    """Composes a statement that transfers rows."""

    def __call__(self, first: int, last: int, refused: Sequence[int] = ()) -> sql.Composed:
        """Compose the statement for the records from `first` to `last` without those that are refused."""
        ...


@dataclass(frozen=True, slots=True)
class TransferStatements:
    """How rows get from a staging relation into the target.

    `transfer` composes the statement; its row count is the number of rows that it writes. It has no placeholders: with
    them, a per cent sign in a column's name would count as one. `step` is the same statement for the records from `$1`
    to `$2`, and advances the sequence PLACE. `meets_rules` asks whether the table has rules for INSERT, which COPY does
    not obey.
    `delete_superseded` deletes staged rows whose key is repeated further down in the file; None where the mode knows no
    keys. `select_owned_by_others` selects, after the transfer, the records of staged rows whose key no row of the owner
    has; None where that cannot be, or row security rejects them.
    """

    transfer: Transfer
    step: sql.Composed
    meets_rules: sql.Composed
    delete_superseded: sql.Composed | None
    select_owned_by_others: sql.Composed | None = None


def numbered_temp_table(name: sql.Identifier, columns: Sequence[Column]) -> sql.Composed:
    """Compose the statement for a temporary table of one transaction, with these columns and the record."""
    described = [
        # Postgres itself has qualified and quoted the type: it is what format_type() says of the column.
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(cast(LiteralString, column.type)))
        for column in columns
    ]
    return sql.SQL('create temporary table {} ({}, "#record" bigint) on commit drop').format(
        name, sql.SQL(", ").join(described)
    )


@dataclass(frozen=True, slots=True)
class Writing:
    """What is written into a target: the file's `columns`, and `constants` that every row gets besides."""

    target: Target
    columns: Sequence[str]
    constants: Mapping[str, UUID]

    @property
    def table(self) -> sql.Identifier:
        """The target's table."""
        return sql.Identifier(self.target.schema or "", self.target.table or "")

    @property
    def keys(self) -> list[str]:
        """The key columns that the file has."""
        return [name for name in self.target.key_columns if name in self.columns]

    @property
    def updated(self) -> list[str]:
        """The file's columns that are written into existing rows."""
        return updated_columns(self.target, self.columns)

    @property
    def may_meet_other_owners(self) -> bool:
        """Whether an upsert could meet rows of other owners, which are not this owner's to change, whoever writes."""
        owner = self.target.owner_column
        return self.target.mode == "upsert" and owner in self.constants and owner not in self.target.key_columns


def updated_columns(target: Target, columns: Sequence[str]) -> list[str]:
    """Return those of the file's columns that upsert and update write into existing rows."""
    chosen = columns if target.update_columns is None else target.update_columns
    return [name for name in columns if name in chosen and name not in target.key_columns]


def transfer_statements(
    writing: Writing, stage: sql.Composable, table: sql.Composable | None = None
) -> TransferStatements:
    """Compose the statements for what is written.

    Rows are read from `stage`: a temporary table that one COPY has filled, or a view of `table`, which several have
    filled. Those of a view have to be sorted, and are deleted from the table.
    """
    mode = writing.target.mode
    compose = update(writing, stage) if mode == "update" else insert(writing, stage, sort=table is not None)
    supersedes = mode in ("upsert", "update") and writing.keys

    def transfer(first: int, last: int, refused: Sequence[int] = ()) -> sql.Composed:
        return compose(sql.Literal(first), sql.Literal(last), without(refused))

    return TransferStatements(
        transfer,
        compose(FIRST, LAST_OF_STEP, COUNTED),
        meets_rules(writing),
        delete_superseded(writing.keys, table or stage) if supersedes else None,
        select_owned_by_others(writing, stage) if writing.may_meet_other_owners else None,
    )


def without(records: Sequence[int]) -> sql.Composable:
    """Compose the condition that leaves out records. Postgres looks them up in a hash table, which keeps the order."""
    if not len(records):
        return sql.SQL("")
    return sql.SQL(""" and s."#record" <> all ({}::bigint[])""").format(
        sql.Literal("{" + ",".join(map(str, records)) + "}")
    )


def meets_rules(writing: Writing) -> sql.Composed:
    """Compose the question whether the target has rules for INSERT."""
    return sql.SQL(
        "select exists (select from pg_catalog.pg_rewrite as r where r.ev_class = {}::regclass and r.ev_type = '3')"
    ).format(sql.Literal(writing.table.as_string()))


def select_owned_by_others(writing: Writing, stage: sql.Composable) -> sql.Composed:
    """Compose the query for the records of staged rows for which the owner has no row, once they are transferred.

    The uploader can execute it: it looks for the owner's rows, since row security hides those of others.
    """
    owner = writing.target.owner_column or ""
    return sql.SQL(
        'select s."#record" from {stage} as s '
        "where not exists (select from {table} as t where {same} and t.{owner} = {own})"
    ).format(
        stage=stage,
        table=writing.table,
        same=sql.SQL(" and ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(key)) for key in writing.keys),
        owner=sql.Identifier(owner),
        own=sql.Literal(str(writing.constants[owner])),
    )


def insert(writing: Writing, stage: sql.Composable, *, sort: bool) -> Compose:
    """Compose INSERT … SELECT in the order of the file, with the conflict clause of the mode.

    A temporary table is read in the order in which it was written: no scan of it is parallel or joins another half-way
    (PostgreSQL, initscan). To sort 8 MB needs a file on disk where work_mem is the default.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, [*writing.columns, *writing.constants]))
    values = sql.SQL(", ").join(
        [
            *(sql.Identifier("s", name) for name in writing.columns),
            *(sql.Literal(str(value)) for value in writing.constants.values()),
        ]
    )
    clause = on_conflict(writing)
    order = sql.SQL(' order by s."#record"' if sort else "")

    def compose(first: sql.Composable, last: sql.Composable, counted: sql.Composable) -> sql.Composed:
        return sql.SQL(
            "insert into {table} as t ({names}) select {values} from {stage} as s "
            'where s."#record" between {first} and {last}{counted}{order}{clause}'
        ).format(
            table=writing.table,
            names=names,
            values=values,
            stage=stage,
            first=first,
            last=last,
            counted=counted,
            order=order,
            clause=clause,
        )

    return compose


def on_conflict(writing: Writing) -> sql.Composable:
    """Compose what happens to a row whose key exists."""
    target = writing.target
    keys = sql.SQL(", ").join(map(sql.Identifier, target.key_columns))
    if target.mode == "ignore" and not target.key_columns:
        return sql.SQL(" on conflict do nothing")
    if target.mode not in ("ignore", "upsert"):
        return sql.SQL("")
    if target.mode == "ignore" or not writing.updated:
        return sql.SQL(" on conflict ({}) do nothing").format(keys)
    own_rows = (
        sql.SQL(" where t.{0} = excluded.{0}").format(sql.Identifier(target.owner_column or ""))
        if writing.may_meet_other_owners
        else sql.SQL("")
    )
    changes = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in writing.updated)
    return sql.SQL(" on conflict ({}) do update set {}{}").format(keys, changes, own_rows)


def update(writing: Writing, stage: sql.Composable) -> Compose:
    """Compose UPDATE … FROM; a staged row whose key does not exist changes nothing."""
    changes = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in writing.updated)
    same = [
        sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name))
        for name in writing.target.key_columns
        if name not in writing.constants
    ]
    owner = writing.target.owner_column or ""
    if owner in writing.constants:
        same.append(sql.SQL("t.{} = {}").format(sql.Identifier(owner), sql.Literal(str(writing.constants[owner]))))

    def compose(first: sql.Composable, last: sql.Composable, counted: sql.Composable) -> sql.Composed:
        return sql.SQL(
            "update {table} as t set {changes} from {stage} as s "
            'where {same} and s."#record" between {first} and {last}{counted}'
        ).format(
            table=writing.table,
            changes=changes,
            stage=stage,
            same=sql.SQL(" and ").join(same),
            first=first,
            last=last,
            counted=counted,
        )

    return compose
