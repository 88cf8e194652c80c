"""Choose the sink of a job: by the target's mode, by whose rights count, and by whether it is all or nothing."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import psycopg
from psycopg import sql

from processor.errors import MissingColumn, NotAllowed, NotPermitted
from processor.load import PLACE, Writes, copy_target
from processor.model import Column, Job, Plan, Target
from processor.queue import staging
from processor.run.access.identity import owner_identity, writer_identity
from processor.run.sinks.direct import DirectSink
from processor.run.sinks.dry_run import Comparison, comparison
from processor.run.sinks.judged import JudgedCopy
from processor.run.sinks.judged_transfer import JudgedTransfer
from processor.run.sinks.repeated_keys import select_repeated, unique_in_file
from processor.run.sinks.sink import DiscardSink, Sink
from processor.run.sinks.staging_table import StagingTableSink
from processor.run.sinks.statements import (
    LINE,
    RECORD,
    STAGE,
    TransferStatements,
    Writing,
    numbered_temp_table,
    transfer_statements,
    updated_columns,
)
from processor.run.sinks.temp_table import TempTableSink


def sink_for(conn: psycopg.Connection, job: Job, target: Target, plan: Plan) -> Sink:
    """Return the sink of a job, and create the tables of its own that it needs.

    Raises: NotPermitted, NotAllowed, MissingColumn when nothing of the file could be written; psycopg.Error.
    """
    if target.mode == "none":
        return DiscardSink()
    columns = tuple(field.column for field in plan.fields)
    writing = check_writing(job, target, plan)
    if job.stages:
        return staging_table_sink(conn, job, columns, writing)
    if target.mode == "insert" and not (job.as_uploader and target.row_security):
        written = (*columns, *(constant_column(target, name) for name in writing.constants))
        copy, enter = copy_target(target.schema or "", target.table or "", written), writer_identity(job)
        return DirectSink(
            copy=copy,
            judged=JudgedCopy(
                job=job, table=writing.table, columns=written, number=number_column(RECORD), copy=copy, enter=enter
            ),
            constants=tuple((name, str(value)) for name, value in writing.constants.items()),
            enter=enter,
            staged=partial(temp_table_sink, job=job, columns=columns, writing=writing),
        )
    sink = temp_table_sink(conn, job, columns, writing)
    sink.judged = judged_transfer(job, columns, writing, sink.statements)
    return sink


def check_writing(job: Job, target: Target, plan: Plan) -> Writing:
    """Return what is written of the file, if the job's owner may write that and it says which rows are meant.

    Raises: NotPermitted, MissingColumn.
    """
    writing = Writing(target, [field.column.name for field in plan.fields], constants_of(job, target))
    check_privileges(target, [*writing.columns, *writing.constants], job.role)
    check_keys(target, writing.columns)
    return writing


def constants_of(job: Job, target: Target) -> dict[str, UUID]:
    """Return what every row gets besides the file's columns: its owner, and the job that imported it."""
    constants: dict[str, UUID] = {}
    if target.owner_column and job.owner:
        constants[target.owner_column] = job.owner
    if target.provenance_column:
        constants[target.provenance_column] = job.id
    return constants


def constant_column(target: Target, name: str) -> Column:
    """Return the column that gets the same value in every row."""
    type_name = target.types.get(name, "")
    return Column(name=name, type=type_name, base=type_name, kind="b", not_null=False, required=False)


def number_column(name: str) -> Column:
    """Return a column of numbers that staged rows have besides their own."""
    return Column(name=name, type="bigint", base="bigint", kind="b", not_null=True, required=True)


def check_privileges(target: Target, written: Sequence[str], role: str) -> None:
    """Check by the grants that the uploader could write the rows by hand.

    Raises: NotPermitted.
    """
    missing = [
        f"{privilege} ({column})" if column else privilege
        for privilege, column in target.missing_privileges
        if column is None or column in written or column in target.key_columns or column == target.owner_column
    ]
    if missing:
        raise NotPermitted(
            "{role} may not write {schema}.{table}: it lacks {privileges}",
            role=role,
            schema=str(target.schema),
            table=str(target.table),
            privileges=", ".join(missing),
        )


def check_keys(target: Target, columns: Sequence[str]) -> None:
    """Check that the file says which rows it means, and something about them.

    Raises: MissingColumn.
    """
    if target.mode not in ("upsert", "update"):
        return
    missing = [name for name in target.key_columns if name not in columns and name != target.owner_column]
    if missing:
        raise MissingColumn(
            "the target needs its key columns, which the file does not have: {columns}", columns=", ".join(missing)
        )
    if target.mode == "update" and not updated_columns(target, columns):
        raise MissingColumn("the file has no column that could be updated")


def temp_table_sink(conn: psycopg.Connection, job: Job, columns: tuple[Column, ...], writing: Writing) -> TempTableSink:
    """Return the sink that goes through a temporary table."""
    create = numbered_temp_table(STAGE, columns)
    if job.as_uploader:
        create += grant_stage(job)
    enter_keys, delete_repeated = unique_key_statements(conn, job, writing)
    return TempTableSink(
        ordered=writing.target.mode in ("upsert", "update", "ignore"),
        create=create,
        copy=copy_target("pg_temp", "import_stage", (*columns, number_column(RECORD))),
        statements=transfer_statements(writing, STAGE),
        enter=writer_identity(job),
        prepare_steps=prepare_steps(job, create_index=True),
        enter_keys=enter_keys,
        delete_repeated=delete_repeated,
        deletes_superseded=writing.target.mode == "update",
    )


def judged_transfer(
    job: Job, columns: tuple[Column, ...], writing: Writing, statements: TransferStatements
) -> JudgedTransfer:
    """Return what finds by sets the staged rows that the table refuses."""
    target, owner = writing.target, writing.target.owner_column
    names = (
        {*target.key_columns, *writing.updated} if target.mode == "update" else {*writing.columns, *writing.constants}
    )
    constants = {name: value for name, value in writing.constants.items() if name in names}
    return JudgedTransfer(
        job=job,
        table=writing.table,
        columns=(
            *(column for column in columns if column.name in names),
            *(constant_column(target, name) for name in constants),
        ),
        enter=writer_identity(job),
        writes=Writes(
            mode=target.mode,
            keys=frozenset(target.key_columns),
            updated=frozenset(writing.updated),
            own_rows=owner in writing.constants and owner not in target.key_columns,
        ),
        secured=job.as_uploader and target.row_security,
        transfer=statements.transfer,
        constants=constants,
    )


def prepare_steps(job: Job, *, create_index: bool) -> sql.Composed:
    """Compose what a stage needs for being transferred in small steps: an index, and the sequence that counts rows."""
    index = sql.SQL('create unique index on {} ("#record"); ').format(STAGE) if create_index else sql.SQL("")
    owner = sql.SQL(' owned by {}."#record"').format(STAGE) if create_index else sql.SQL("")
    grant = sql.SQL("; grant usage on sequence {} to {}").format(PLACE, sql.Identifier(job.role))
    create = sql.SQL("create temporary sequence import_place{}").format(owner)
    return index + create + (grant if job.as_uploader else sql.SQL(""))


def grant_stage(job: Job) -> sql.Composed:
    """Compose the grant by which the uploader reads the stage."""
    return sql.SQL("; grant select on {} to {}").format(STAGE, sql.Identifier(job.role))


def unique_key_statements(
    conn: psycopg.Connection, job: Job, writing: Writing
) -> tuple[sql.Composed | None, sql.Composed | None]:
    """Return the statements that accept each key once in the whole file, where the target demands that.

    The first enters the staged keys into the job's key table, the second deletes the staged rows whose key was there.
    """
    keys = unique_in_file(writing.target, writing.columns)
    if not keys:
        return None, None
    table = sql.Identifier("importer", staging.prepare_key_table(conn, job, keys))
    names = sql.SQL(", ").join(map(sql.Identifier, keys))
    enter_keys = sql.SQL(
        'insert into {table} ("#record", {names}) select "#record", {names} from {stage} '
        'order by "#record" on conflict do nothing'
    ).format(table=table, names=names, stage=STAGE)
    delete_repeated = sql.SQL(
        'delete from {stage} as s where not exists (select from {table} as k where k."#record" = s."#record") '
        'returning s."#record"'
    ).format(table=table, stage=STAGE)
    return enter_keys, delete_repeated


def staging_table_sink(
    conn: psycopg.Connection, job: Job, columns: tuple[Column, ...], writing: Writing
) -> StagingTableSink:
    """Return the sink of an all-or-nothing job, and create its staging table."""
    target = writing.target
    name = staging.prepare_staging_table(conn, job, writing.columns)
    stage = sql.Identifier("importer", name)
    statements = transfer_statements(writing, STAGE, stage)
    create_view = sql.SQL("create temporary view import_stage as select * from {}").format(stage)
    dry_run = bool(job.options.get("dry_run"))
    # A dry run compares contents under the owner's rights, whoever writes.
    if job.as_uploader or (dry_run and job.claims is not None):
        create_view += grant_stage(job)
    keys = unique_in_file(target, writing.columns)
    return StagingTableSink(
        checks_before_completing=dry_run or bool(keys) or statements.select_owned_by_others is not None,
        copy=copy_target("importer", name, (*columns, number_column(RECORD), number_column(LINE))),
        stage=stage,
        count=sql.SQL("select count(*) from {}").format(stage),
        delete=sql.SQL('delete from {} where "#record" = any (%s)').format(stage),
        delete_after=sql.SQL('delete from {} where "#record" > %s').format(stage),
        statements=statements,
        create_view=create_view,
        drop_view=sql.SQL("drop view {}").format(STAGE),
        clear=clear_statement(job, target) if target.mode == "replace" else None,
        select_repeated=select_repeated(keys, stage) if keys else None,
        enter=writer_identity(job),
        judged=judged_transfer(job, columns, writing, statements),
        prepare_steps=prepare_steps(job, create_index=False),
        dry_run=dry_run,
        comparison=dry_run_comparison(job, writing) if dry_run else None,
    )


def dry_run_comparison(job: Job, writing: Writing) -> Comparison | None:
    """Return how a dry run counts the rows that it would change."""
    reader = None if job.claims is None else owner_identity(job)
    return comparison(writing, STAGE, writer_identity(job), reader)


def clear_statement(job: Job, target: Target) -> sql.Composed:
    """Compose the deletion of the rows that are replaced: the owner's, or all of them for an administrator.

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
