"""Which sink a job needs: by the target's mode, by whose rights count, and by whether it is all or nothing."""

from collections.abc import Sequence
from typing import LiteralString, cast
from uuid import UUID

import psycopg
from psycopg import sql

from processor import load
from processor.errors import MissingColumn, NotAllowed, NotPermitted
from processor.model import Column, Job, Plan, Target
from processor.queue import staging
from processor.run.access.identity import entering
from processor.run.sinks.direct import DirectSink
from processor.run.sinks.repeated_keys import once_only, repeated
from processor.run.sinks.sink import DiscardSink, Sink
from processor.run.sinks.staging_table import StagingTableSink
from processor.run.sinks.statements import LINE, RECORD, transfer_statements, updatable
from processor.run.sinks.temp_table import STAGE, TempTableSink


def sink_for(conn: psycopg.Connection, job: Job, target: Target, plan: Plan) -> Sink:
    """Return where this job's rows go; makes the tables of its own that it needs.

    Raises: NotPermitted, NotAllowed, MissingColumn when nothing of the file could be written; psycopg.Error.
    """
    if target.mode == "none":
        return DiscardSink()
    columns = [each.column.name for each in plan.fields]
    constants = constants_of(job, target)
    check_privileges(target, [*columns, *(name for name, _ in constants)], job.role)
    check_keys(target, columns)
    if target.mode == "replace" or job.options.get("dry_run") or job.options.get("atomic"):
        return staged(conn, job, target, plan, constants)
    enter = entering(job)
    if target.mode == "insert" and not (job.as_uploader and target.row_security):
        written = (*(each.column for each in plan.fields), *(constant(target, name) for name, _ in constants))
        return DirectSink(
            copying=load.copying(target.schema or "", target.table or "", written),
            constants=tuple((name, str(value)) for name, value in constants),
            enter=enter,
        )
    return merged(conn, job, target, plan, constants)


def constants_of(job: Job, target: Target) -> list[tuple[str, UUID]]:
    """Return what every row gets besides the file's columns: its owner, and the job it came with."""
    found: list[tuple[str, UUID]] = []
    if target.owner_column and job.owner:
        found.append((target.owner_column, job.owner))
    if target.provenance_column:
        found.append((target.provenance_column, job.id))
    return found


def constant(target: Target, name: str) -> Column:
    """Return the column that gets the same value in every row."""
    type_name = target.types.get(name, "")
    return Column(name=name, type=type_name, base=type_name, kind="b", not_null=False, required=False)


def bigint(name: str) -> Column:
    """Return a column of numbers that staged rows have besides their own."""
    return Column(name=name, type="bigint", base="bigint", kind="b", not_null=True, required=True)


def check_privileges(target: Target, written: Sequence[str], role: str) -> None:
    """Refuse what the uploader could not do by hand, as far as grants say so.

    Raises: NotPermitted.
    """
    lacking = [
        f"{privilege} ({column})" if column else privilege
        for privilege, column in target.lacking
        if column is None or column in written or column in target.key_columns or column == target.owner_column
    ]
    if lacking:
        raise NotPermitted(f"{role} may not write {target.schema}.{target.table}: it lacks {', '.join(lacking)}")


def check_keys(target: Target, columns: Sequence[str]) -> None:
    """Refuse a file that does not say which rows it means, or nothing about them.

    Raises: MissingColumn.
    """
    if target.mode not in ("upsert", "update"):
        return
    missing = [name for name in target.key_columns if name not in columns and name != target.owner_column]
    if missing:
        raise MissingColumn(f"the target needs its key columns, which the file does not have: {', '.join(missing)}")
    if target.mode == "update" and not updatable(target, columns):
        raise MissingColumn("the file has no column that could be updated")


def merged(conn: psycopg.Connection, job: Job, target: Target, plan: Plan, constants: list[tuple[str, UUID]]) -> TempTableSink:
    """Return the sink that goes through a temporary table."""
    columns = [each.column.name for each in plan.fields]
    # What format_type() says of a column in the catalog, qualified and quoted by Postgres itself.
    types = [sql.SQL(cast(LiteralString, each.column.type)) for each in plan.fields]
    described = [
        sql.SQL("{} {}").format(sql.Identifier(name), type_) for name, type_ in zip(columns, types, strict=True)
    ]
    create = sql.SQL('create temporary table import_stage ({}, "#record" bigint) on commit drop').format(
        sql.SQL(", ").join(described)
    )
    if job.as_uploader:
        create += sql.SQL("; grant select on {} to {}").format(STAGE, sql.Identifier(job.role))
    once, again = once_each(conn, job, target, columns)
    return TempTableSink(
        ordered=target.mode in ("upsert", "update", "ignore"),
        create=create,
        copying=load.copying("pg_temp", "import_stage", (*(each.column for each in plan.fields), bigint(RECORD))),
        merge=transfer_statements(target, columns, constants, STAGE),
        enter=entering(job),
        once=once,
        again=again,
        repeats=target.mode == "update",
    )


def once_each(
    conn: psycopg.Connection, job: Job, target: Target, columns: Sequence[str]
) -> tuple[sql.Composed | None, sql.Composed | None]:
    """Return the statements that let each key in once in the whole file, where the target says so."""
    keys = once_only(target, columns)
    if not keys:
        return None, None
    table = sql.Identifier("importer", staging.prepare_keys(conn, job, keys))
    names = sql.SQL(", ").join(map(sql.Identifier, keys))
    once = sql.SQL(
        'insert into {table} ("#record", {names}) select "#record", {names} from {stage} '
        'order by "#record" on conflict do nothing'
    ).format(table=table, names=names, stage=STAGE)
    again = sql.SQL(
        'delete from {stage} as s where not exists (select from {table} as k where k."#record" = s."#record") '
        'returning s."#record"'
    ).format(table=table, stage=STAGE)
    return once, again


def staged(conn: psycopg.Connection, job: Job, target: Target, plan: Plan, constants: list[tuple[str, UUID]]) -> StagingTableSink:
    """Return the sink of an all-or-nothing job; makes its staging table."""
    columns = [each.column.name for each in plan.fields]
    name = staging.prepare_stage(conn, job, columns)
    stage = sql.Identifier("importer", name)
    merge = transfer_statements(target, columns, constants, STAGE, stage)
    view = sql.SQL("create temporary view import_stage as select * from {}").format(stage)
    if job.as_uploader:
        view += sql.SQL("; grant select on {} to {}").format(STAGE, sql.Identifier(job.role))
    dry = bool(job.options.get("dry_run"))
    keys = once_only(target, columns)
    return StagingTableSink(
        looks_first=dry or bool(keys) or merge.foreign is not None,
        copying=load.copying("importer", name, (*(each.column for each in plan.fields), bigint(RECORD), bigint(LINE))),
        delete=sql.SQL('delete from {} where "#record" = any (%s)').format(stage),
        merge=merge,
        view=view,
        unview=sql.SQL("drop view {}").format(STAGE),
        count=sql.SQL("select count(*) from {}").format(stage),
        clear=clearing(job, target) if target.mode == "replace" else None,
        repeated=repeated(keys, stage) if keys else None,
        enter=entering(job),
        dry=dry,
    )


def clearing(job: Job, target: Target) -> sql.Composed:
    """Compose the deletion of what is exchanged: the owner's rows, or all rows for an administrator.

    Raises: NotAllowed for a user's job into a target that does not say which rows are the user's.
    """
    table = sql.Identifier(target.schema or "", target.table or "")
    if job.owner is None:
        return sql.SQL("delete from {}").format(table)
    if target.owner_column is None:
        raise NotAllowed("only an administrator replaces the whole table: the target has no owner_column")
    return sql.SQL("delete from {} where {} = {}").format(
        table, sql.Identifier(target.owner_column), sql.Literal(str(job.owner))
    )
