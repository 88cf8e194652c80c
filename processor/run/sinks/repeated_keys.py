"""Keys that stand in the file more than once: the statements that find the rows which are not to be written for it."""

from collections.abc import Sequence

from psycopg import sql

from processor.model import Target


def once_only(target: Target, columns: Sequence[str]) -> list[str]:
    """Return the key columns that may not repeat in the file; none where the target does not say so."""
    if target.on_duplicate_key != "error" or target.mode not in ("upsert", "ignore", "update"):
        return []
    return [name for name in target.key_columns if name in columns]


def superseding(keys: Sequence[str], stage: sql.Composable) -> sql.Composed:
    """Compose the deletion of all but the last of the rows with the same key."""
    return sql.SQL('delete from {} as s using ({}) as d where d."#record" = s."#record"').format(
        stage, repeating(keys, stage, sql.SQL("desc"))
    )


def repeated(keys: Sequence[str], stage: sql.Composable) -> sql.Composed:
    """Compose the query for the records of all but the first of the rows with the same key."""
    return repeating(keys, stage, sql.SQL("asc"))


def repeating(keys: Sequence[str], stage: sql.Composable, order: sql.SQL) -> sql.Composed:
    """Compose the query for all but one of the rows with the same key; null keys are alike to nothing."""
    return sql.SQL(
        'select "#record" from (select "#record", row_number() over (partition by {keys} order by "#record" {order}) '
        "as place from {stage} where {filled}) as n where n.place > 1"
    ).format(
        keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
        order=order,
        stage=stage,
        filled=sql.SQL(" and ").join(sql.SQL("{} is not null").format(sql.Identifier(key)) for key in keys),
    )
