"""The statements that bring rows from a staging relation into the target, by the target's mode."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from processor.model import Target
from processor.run.sinks.repeated_keys import superseding

# Besides the file's columns, each staged row has its number and line; no table has columns of these names.
RECORD, LINE = "#record", "#line"
# The largest bigint: every record.
LAST = (1 << 63) - 1


Move = Callable[[int, int], sql.Composed]


@dataclass(frozen=True, slots=True)
class TransferStatements:
    """How rows get from a staging relation into the target.

    `move` composes the statement for the records from one number to another; its row count is how many rows it wrote.
    It has no placeholders: beside these, a per cent sign in a column's name would count as one. `supersede` deletes
    staged rows whose key stands in the file again, further down; None where the mode knows no keys. `foreign` selects
    the records of staged rows whose key is that of another owner's row; None where that cannot be, or row security
    refuses them.
    """

    move: Move
    supersede: sql.Composed | None
    foreign: sql.Composed | None = None


def transfer_statements(
    target: Target,
    columns: Sequence[str],
    constants: Sequence[tuple[str, UUID]],
    stage: sql.Composable,
    table: sql.Composable | None = None,
) -> TransferStatements:
    """Compose the statements for a target, the columns that the file has, and what every row gets besides.

    Rows are read from `stage`, a temporary table that one COPY has filled, or a view of `table`, which several have:
    then they have to be sorted, and are deleted from there.
    """
    if target.mode == "update":
        move = update(target, columns, dict(constants), stage)
    else:
        move = insert(target, columns, constants, stage, sort=table is not None)
    keys = [name for name in target.key_columns if name in columns]
    repeatable = target.mode in ("upsert", "update") and keys
    return TransferStatements(
        move,
        superseding(keys, table or stage) if repeatable else None,
        foreign(target, keys, dict(constants), stage) if is_guarded(target, dict(constants)) else None,
    )


def is_guarded(target: Target, constants: Mapping[str, UUID]) -> bool:
    """Tell whether an upsert could meet rows of other owners: these are not this owner's to change, whoever writes."""
    return (
        target.mode == "upsert" and target.owner_column in constants and target.owner_column not in target.key_columns
    )


def foreign(target: Target, keys: Sequence[str], constants: Mapping[str, UUID], stage: sql.Composable) -> sql.Composed:
    """Compose the query for staged rows that another owner's row stands in the way of."""
    owner = target.owner_column or ""
    return sql.SQL(
        'select s."#record" from {stage} as s inner join {table} as t on {same} where t.{owner} is distinct from {own}'
    ).format(
        stage=stage,
        table=sql.Identifier(target.schema or "", target.table or ""),
        same=sql.SQL(" and ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(key)) for key in keys),
        owner=sql.Identifier(owner),
        own=sql.Literal(str(constants[owner])),
    )


def insert(
    target: Target,
    columns: Sequence[str],
    constants: Sequence[tuple[str, UUID]],
    stage: sql.Composable,
    *,
    sort: bool,
) -> Move:
    """Compose INSERT … SELECT in the order of the file, with the conflict clause of the mode.

    A temporary table is read in the order in which it was written: no scan of it is parallel, or joins another half-way
    (PostgreSQL, initscan). To sort 8 MB takes a file on disk where work_mem is the default.
    """
    table = sql.Identifier(target.schema or "", target.table or "")
    names = sql.SQL(", ").join(map(sql.Identifier, [*columns, *(name for name, _ in constants)]))
    values = sql.SQL(", ").join(
        [*(sql.Identifier("s", name) for name in columns), *(sql.Literal(str(value)) for _, value in constants)]
    )
    clause = conflict(target, columns, dict(constants))
    order = sql.SQL(' order by s."#record"' if sort else "")

    def move(first: int, last: int) -> sql.Composed:
        return sql.SQL(
            "insert into {table} as t ({names}) select {values} from {stage} as s "
            'where s."#record" between {first} and {last}{order}{clause}'
        ).format(
            table=table,
            names=names,
            values=values,
            stage=stage,
            first=sql.Literal(first),
            last=sql.Literal(last),
            order=order,
            clause=clause,
        )

    return move


def conflict(target: Target, columns: Sequence[str], constants: Mapping[str, UUID]) -> sql.Composable:
    """Compose what happens to a row whose key is there."""
    keys = sql.SQL(", ").join(map(sql.Identifier, target.key_columns))
    if target.mode == "ignore" and not target.key_columns:
        return sql.SQL(" on conflict do nothing")
    if target.mode not in ("ignore", "upsert"):
        return sql.SQL("")
    changed = updatable(target, columns)
    if target.mode == "ignore" or not changed:
        return sql.SQL(" on conflict ({}) do nothing").format(keys)
    owner = target.owner_column
    return sql.SQL(" on conflict ({}) do update set {}{}").format(
        keys,
        sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in changed),
        sql.SQL(" where t.{0} = excluded.{0}").format(sql.Identifier(owner or ""))
        if is_guarded(target, constants)
        else sql.SQL(""),
    )


def update(target: Target, columns: Sequence[str], constants: Mapping[str, UUID], stage: sql.Composable) -> Move:
    """Compose UPDATE … FROM; a row whose key is not there changes nothing."""
    table = sql.Identifier(target.schema or "", target.table or "")
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in updatable(target, columns)
    )
    same = [
        sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in target.key_columns if name not in constants
    ]
    if target.owner_column in constants:
        owner = sql.Identifier(target.owner_column or "")
        same.append(sql.SQL("t.{} = {}").format(owner, sql.Literal(str(constants[target.owner_column or ""]))))

    def move(first: int, last: int) -> sql.Composed:
        return sql.SQL(
            "update {table} as t set {changes} from {stage} as s "
            'where {same} and s."#record" between {first} and {last}'
        ).format(
            table=table,
            changes=changes,
            stage=stage,
            same=sql.SQL(" and ").join(same),
            first=sql.Literal(first),
            last=sql.Literal(last),
        )

    return move


def updatable(target: Target, columns: Sequence[str]) -> list[str]:
    """Return the file's columns that are written into rows that are there."""
    chosen = columns if target.update_columns is None else target.update_columns
    return [name for name in columns if name in chosen and name not in target.key_columns]
