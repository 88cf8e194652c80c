"""Jobs that fail because of their target, their owner or a server, and what the hints say: a function for each hint."""

import json
from uuid import UUID, uuid4

import psycopg

from tests.acceptance.files import padded_rows
from tests.acceptance.hint_situations import BARE, GOOD, partly_loaded
from tests.acceptance.hints_harness import Job, Reader, hint


@hint("IJ503", "Restore the table, or register")
def column_gone(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    reader.stack.sql(f"alter table public.{table} rename column t to u")
    job = reader.run(GOOD, table)
    reader.stack.sql(f"alter table public.{table} rename column u to t")
    reader.completes(reader.retry(job), table, 2)


@hint("IJ504", "Give the target its former mode")
def mode_changed(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = partly_loaded(reader, table)
    reader.stack.sql("update public.import_targets set mode = 'replace' where name = %s", table)
    reader.fails(reader.retry(job, {"max_errors": 5}))
    reader.stack.sql("update public.import_targets set mode = 'insert' where name = %s", table)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ504", "Set on_error of the job")
def aborts_too_late(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = partly_loaded(reader, table)
    reader.fails(reader.retry(job, {"max_errors": 5, "on_error": "abort"}))
    reader.completes(reader.retry(job, {"on_error": "skip"}), table, 2)


@hint("IJ504", "Set on_duplicate_key")
def keys_gone(reader: Reader) -> None:
    table = reader.stack.table("id integer primary key, t text", mode="upsert", key_columns=["id"])
    reader.stack.sql("update public.import_targets set on_duplicate_key = 'error' where name = %s", table)
    job = partly_loaded(reader, table)
    (keys,) = reader.stack.sql("select importer.job_table_name('keys', %s) as name", job["id"])
    reader.stack.sql(f'drop table importer."{keys["name"]}"')
    reader.fails(reader.retry(job, {"max_errors": 5}))
    reader.stack.sql("update public.import_targets set on_duplicate_key = 'last' where name = %s", table)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ601", "Ask an administrator to allow it in import_targets.allowed_roles or allowed_when, then retry")
def not_allowed(reader: Reader) -> None:
    stack, user, table = reader.stack, uuid4(), reader.stack.table(BARE, run_as="processor")
    job = waiting_job(reader, user, table)
    stack.sql("update public.import_targets set allowed_roles = '{nobody}' where name = %s", table)
    job = reader.fails(start(reader, job))
    stack.sql("update public.import_targets set allowed_roles = '{authenticated}' where name = %s", table)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ601", "Retry the job as its owner")
def rights_unknown(reader: Reader) -> None:
    stack, user, table = reader.stack, uuid4(), reader.stack.table(BARE, run_as="processor")
    job = waiting_job(reader, user, table)
    stack.sql("delete from importer.job_identities where job_id = %s", job)
    failed = reader.fails(start(reader, job))
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as conn, conn.transaction():
        conn.execute("set local role authenticated")
        conn.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps({"sub": str(user)}),))
        conn.execute("select public.retry_import_job(%s)", (failed["id"],))
    reader.completes(stack.wait(failed["id"]), table, 2)


@hint("IJ602", "Upload the file to <your user id>/… in the bucket imports, and insert")
def not_readable(reader: Reader) -> None:
    stack, user, table = reader.stack, uuid4(), reader.stack.table(BARE, run_as="processor")
    insert = "insert into public.import_jobs (object_path, target, created_by) values (%s, %s, %s) returning id"
    (row,) = stack.sql(insert, stack.upload(GOOD), table, user)
    reader.fails(stack.wait(row["id"]))
    reader.completes(stack.run_as(user, GOOD, table), table, 2)


@hint("IJ603", "Grant the privileges")
def not_permitted(reader: Reader) -> None:
    stack, user, table = reader.stack, uuid4(), reader.stack.table(BARE)
    stack.sql(f"revoke all on public.{table} from authenticated")
    job = reader.fails(stack.run_as(user, GOOD, table))
    stack.sql(f"grant insert, select on public.{table} to authenticated")
    reader.completes(reader.retry(job), table, 2)


def waiting_job(reader: Reader, user: UUID, table: str) -> UUID:
    """Insert a job of a user that does not start yet."""
    later = "now() + interval '1 hour'"
    columns = "object_path, target, created_by, run_after"
    insert = f"insert into public.import_jobs ({columns}) values (%s, %s, %s, {later}) returning id"
    (row,) = reader.stack.sql(insert, reader.stack.upload(GOOD, folder=user), table, user)
    return row["id"]


def start(reader: Reader, job: UUID) -> Job:
    """Let a job start that was inserted for later, and return its row when it has ended."""
    reader.stack.sql("update public.import_jobs set run_after = now() where id = %s", job)
    reader.stack.sql("select importer.sweep_import_jobs()")
    return reader.stack.wait(job)


@hint("IJ501", "Check that the database runs")
def database_unavailable(reader: Reader) -> None:
    transient(reader, "53200")


@hint("IJ502", "Wait until the transaction")
def database_busy(reader: Reader) -> None:
    transient(reader, "40001")


def transient(reader: Reader, state: str) -> None:
    """Fail in the only attempt by an error of the database, which a trigger imitates, and retry when it is over."""
    stack, table = reader.stack, reader.stack.table(BARE)
    stack.sql(
        f"create function public.f_{table}() returns trigger language plpgsql as"
        f" $$ begin raise 'in the way' using errcode = '{state}'; end $$"
    )
    stack.sql(f"create trigger t before insert on public.{table} execute function public.f_{table}()")
    insert = "insert into public.import_jobs (object_path, target, max_attempts) values (%s, %s, 1) returning id"
    (row,) = stack.sql(insert, stack.upload(GOOD), table)
    job = reader.fails(stack.wait(row["id"]))
    stack.sql(f"drop trigger t on public.{table}")
    reader.completes(reader.retry(job), table, 2)


@hint("IJ203", "Check that Storage runs and that the processor")
def storage_unavailable(reader: Reader) -> None:
    stack, table = reader.stack, reader.stack.table(BARE)
    path = stack.upload(GOOD)
    stack.sql("alter table storage.objects rename to objects_away")
    try:
        insert = "insert into public.import_jobs (object_path, target, max_attempts) values (%s, %s, 1) returning id"
        (row,) = stack.sql(insert, path, table)
        job = reader.fails(stack.wait(row["id"]))
    finally:
        stack.sql("alter table storage.objects_away rename to objects")
    reader.completes(reader.retry(job), table, 2)


@hint("IJ117", "Retry this job")
def out_of_time(reader: Reader) -> None:
    stack, table = reader.stack, reader.stack.table(BARE)
    stack.sql(
        f"create function public.f_{table}() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(1.5); return null; end $$"
    )
    stack.sql(f"create trigger t after insert on public.{table} execute function public.f_{table}()")
    job = reader.run(padded_rows(20_000), table, {"max_seconds": 1})
    stack.sql(f"drop trigger t on public.{table}")
    reader.completes(reader.retry(job, {"max_seconds": 60}), table, 20_000)
