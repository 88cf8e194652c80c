"""Keys that are repeated in the file: the statements that find the rows which are not to be written because of that."""

from collections.abc import Sequence

from psycopg import sql

from processor.model import Target


def unique_in_file(target: Target, columns: Sequence[str]) -> list[str]:
    """Return the key columns that may not be repeated in the file; none where the target does not demand it."""
    if target.on_duplicate_key != "error" or target.mode not in ("upsert", "ignore", "update"):
        return []
    return [name for name in target.key_columns if name in columns]


def delete_superseded(keys: Sequence[str], stage: sql.Composable) -> sql.Composed:
    """Compose the deletion of all rows but the last with the same key."""
    return sql.SQL('delete from {} as s using ({}) as d where d."#record" = s."#record"').format(
        stage, _repeated(keys, stage, sql.SQL("desc"))
    )


def select_repeated(keys: Sequence[str], stage: sql.Composable) -> sql.Composed:
    """Compose the query for the records of all rows but the first with the same key."""
    return _repeated(keys, stage, sql.SQL("asc"))


def _repeated(keys: Sequence[str], stage: sql.Composable, order: sql.SQL) -> sql.Composed:
    """Compose the query for all rows but one with the same key. A key with a null in it equals no other."""
    return sql.SQL(
        'select "#record" from (select "#record", row_number() over (partition by {keys} order by "#record" {order}) '
        "as place from {stage} where {complete}) as n where n.place > 1"
    ).format(
        keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
        order=order,
        stage=stage,
        complete=sql.SQL(" and ").join(sql.SQL("{} is not null").format(sql.Identifier(key)) for key in keys),
    )
