"""Code that others put in a stage, a table or its parents does not run where postgres looks for refused rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from processor.model import Job
from tests.integration.queue_harness import OWNER, Queue, raises
from tests.integration.test_rows_with_taken_key import ORPHANS, STAGE, TAKEN, job, reference

__all__ = ["job"]

#: How the functions refuse: a table that is not plain, a rule that is not, a column of which nothing is known.
REFUSED = ("IJ503", "P0002", "42703")
#: What runs notes as whom; a sequence is advanced even if the transaction is rolled back.
EVIDENCE = """
create sequence app.runs;
grant usage on sequence app.runs to public;
create function app.foreign_code(i integer) returns integer language plpgsql immutable as $$
begin
  if current_user = 'postgres' then perform nextval('app.runs'); end if;
  return i;
end $$;
grant usage on schema app to public;
"""
CAST = """create type {schema}.fake as (i integer);
create function {schema}.uncover(f {schema}.fake) returns {plain} language sql immutable
as 'select app.foreign_code((f).i)::{plain}';
create cast ({schema}.fake as {plain}) with function {schema}.uncover({schema}.fake) as implicit;"""
ENUM = "create type app.kind as enum ('1', '3', '9'); create domain app.kinds as app.kind;"
KIND = """create function app.spelled(k app.kind) returns integer language sql
as 'select app.foreign_code(length(enum_out(k)::text))';
create cast (app.kind as integer) with function app.spelled(app.kind) as implicit;"""
OTHER_STAGES = {
    "type of a key": CAST.format(schema="pg_temp", plain="integer")
    + """drop table import_judged;
    create temporary table import_judged (id pg_temp.fake, p pg_temp.fake, "#record" bigint) on commit drop;
    insert into import_judged values (row(1), row(1), 0), (row(5), row(9), 1);
    grant usage on type pg_temp.fake to public; grant select on import_judged to postgres""",
    "type of the number": CAST.format(schema="pg_temp", plain="integer")
    + """drop table import_judged;
    create temporary table import_judged (id integer, p integer, "#record" pg_temp.fake) on commit drop;
    insert into import_judged values (1, 1, row(0)), (5, 9, row(1));
    grant usage on type pg_temp.fake to public; grant select on import_judged to postgres""",
    "statistics": "create statistics pg_temp.s on (app.foreign_code(1) + id), p from import_judged",
    "check": """alter table import_judged add check (app.foreign_code(1) = 1 and id > 0);
    set local constraint_exclusion = on""",
}
#: How a value of p is written where p has another type.
STAGED = {"app.fake": "row({})", "app.kind;": "'{}'", "app.kinds;": "'{}'"}
OTHER_TABLES = {
    "statistics of the table": "create statistics app.s on (app.foreign_code(1) + id), p from app.t",
    "statistics of the parent": "create statistics app.s on (app.foreign_code(1) + id), code from app.parent",
    "index of the table": "create index on app.t ((app.foreign_code(1) + id))",
    "index of the parent": "create index on app.parent ((app.foreign_code(1) + id))",
    "check of the table": "alter table app.t add check (app.foreign_code(1) = 1 and id > 0)",
    "domain in a generated column": """create domain app.checked as integer check (app.foreign_code(value) > 0);
    alter table app.t add g integer generated always as ((id::app.checked)::integer) stored unique""",
    "type of a reference": CAST.format(schema="app", plain="integer")
    + """alter table app.t drop column p; alter table app.t add p app.fake;
    alter table app.t add constraint t_p_fkey foreign key (p) references app.parent not valid""",
    "cast of an enum that is a reference": f"""{ENUM} {KIND}
    alter table app.t drop column p; alter table app.t add p app.kind;
    alter table app.t add constraint t_p_fkey foreign key (p) references app.parent""",
    "cast of an enum below a domain that is a key": f"""{ENUM} {KIND}
    alter table app.t drop column p; alter table app.t add p app.kinds;
    update app.t set p = '1'; alter table app.t add unique (p, id);
    alter table app.t add constraint t_p_fkey foreign key (c) references app.parent""",
}


def executed(queue: Queue, job: Job, change: str, where: str) -> bool:
    """Ask about keys and parents; return whether foreign code was executed as postgres."""
    queue.admin.execute(EVIDENCE)
    if where == "table":
        queue.admin.execute(change)  # pyright: ignore[reportArgumentType]
        queue.admin.execute("alter sequence app.runs restart")
    rules = [(TAKEN, oid) for oid in unique_keys(queue)] + [(ORPHANS, reference(queue))]
    with queue.db.connect("import_uploader") as conn:
        for statement, rule in rules:
            try:
                with conn.transaction():
                    stage = STAGE
                    for of_type, value in STAGED.items():
                        if f"p {of_type}" in change:
                            stage = STAGE.replace("p integer", f"p {of_type.rstrip(';')}")
                            for row, p in ((1, 1), (5, 9), (5, 3)):
                                stage = stage.replace(f"({row}, {p},", f"({row}, {value.format(p)},")
                    conn.execute("set local constraint_exclusion = on")
                    conn.execute(stage)  # pyright: ignore[reportArgumentType]
                    if where == "stage":
                        conn.execute(change)  # pyright: ignore[reportArgumentType]
                    conn.execute(statement, (job.id, job.token, rule, b"\x03"))  # pyright: ignore[reportArgumentType]
            except psycopg.Error as exc:
                assert exc.sqlstate in REFUSED, exc  # noqa: PT017
    return has_run(queue)


def has_run(queue: Queue) -> bool:
    """Return whether foreign code was executed as postgres."""
    return queue.admin.execute("select is_called from app.runs").fetchone()[0]


def unique_keys(queue: Queue) -> list[int]:
    """Return the OIDs of the unique indexes of the table."""
    indexes = queue.admin.execute(
        "select indexrelid::oid from pg_index where indrelid = 'app.t'::regclass and indisunique"
    )
    return [oid for (oid,) in indexes]


PARTED = """alter table app.parent rename to whole;
create table app.parent (id integer primary key, code integer) partition by range (id);
create table app.low partition of app.parent for values from (0) to (100);
alter table app.t drop constraint t_p_fkey, add constraint t_p_fkey foreign key (p) references app.parent"""
OWNED = {
    "table": "alter table app.t owner to app_owner; select importer.keep_target_table('t')",
    "parent": "alter table app.parent owner to app_owner",
    "partition of the parent": f"{PARTED}; alter table app.low owner to app_owner",
    "parent of a partition": f"{PARTED}; alter table app.parent owner to app_owner",
}
#: What the owner of each of them tries meanwhile.
STATISTICS = "create statistics app.s on (app.foreign_code(1) + id), {} from app.{}"
TRIED = {
    "table": STATISTICS.format("a", "t"),
    "parent": STATISTICS.format("code", "parent"),
    "partition of the parent": STATISTICS.format("code", "low"),
    "parent of a partition": "alter table app.parent attach partition app.high for values from (100) to (200)",
}


@pytest.mark.parametrize("owned", OWNED)
def test_another_owner_adds_no_code_between_the_look_and_the_query(queue: Queue, job: Job, owned: str) -> None:
    queue.admin.execute(EVIDENCE)
    queue.admin.execute(
        "create role app_owner; grant app_owner to current_user; grant create on schema app to app_owner"
    )
    try:
        queue.admin.execute(OWNED[owned])
        queue.admin.execute("create table app.high (id integer not null, code integer)")
        queue.admin.execute("alter table app.high owner to app_owner; grant all on schema app to app_owner")
        statement, rule = (TAKEN, unique_keys(queue)[0]) if owned == "table" else (ORPHANS, reference(queue))
        with queue.db.connect("import_uploader") as conn, conn.transaction():
            conn.execute(STAGE)
            conn.execute(statement, (job.id, job.token, rule, b"\x0f"))
            queue.admin.execute("set lock_timeout = '100ms'; set role app_owner")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                queue.admin.execute(TRIED[owned])  # pyright: ignore[reportArgumentType]
        queue.admin.execute(TRIED[owned])  # pyright: ignore[reportArgumentType]
    finally:
        queue.admin.execute("reset role; reset lock_timeout")
        queue.admin.execute("drop owned by app_owner cascade; drop role app_owner")


@pytest.mark.parametrize("change", OTHER_STAGES)
def test_no_stage_has_code_executed(queue: Queue, job: Job, change: str) -> None:
    assert not executed(queue, job, OTHER_STAGES[change], "stage")


@pytest.mark.parametrize("change", OTHER_TABLES)
def test_no_table_has_code_executed(queue: Queue, job: Job, change: str) -> None:
    assert not executed(queue, job, OTHER_TABLES[change], "table")


WAITING = "select cardinality(pg_blocking_pids(%s)) > 0"
MEETING = """select importer.rows_that_meet(
  job_id => %s, token => %s, stage => 'pg_temp.import_judged', written => '{id,p}', key => %s, whose => 'owner',
  judged => '\\x0f'
)"""


def test_no_owner_column_has_code_executed(queue: Queue, job: Job) -> None:
    queue.admin.execute(EVIDENCE)
    queue.admin.execute(CAST.format(schema="app", plain="text"))
    queue.admin.execute(
        "alter table app.t add owner app.fake; update app.t set owner = row(1);"
        "update public.import_targets set owner_column = 'owner'"
    )
    queue.admin.execute("update public.import_jobs set created_by = %s", [OWNER])
    queue.admin.execute("alter sequence app.runs restart")
    with queue.db.connect("import_uploader") as conn, raises("P0002"), conn.transaction():
        conn.execute(STAGE)
        conn.execute(MEETING, (job.id, job.token, unique_keys(queue)[0]))
    assert not has_run(queue)


def test_a_parent_that_is_altered_meanwhile_has_no_code_executed(queue: Queue, job: Job) -> None:
    queue.admin.execute(EVIDENCE)
    queue.admin.execute(
        f"""{ENUM} alter table app.parent add k app.kind unique;
        alter table app.t drop column p, add p app.kind;
        alter table app.t add constraint t_p_fkey foreign key (p) references app.parent (k)"""  # pyright: ignore[reportArgumentType]
    )
    values = " ".join(f"({row}, '{p}', {place})," for place, (row, p) in enumerate([(1, 1), (5, 9), (5, 3)]))
    stage = f"""create temporary table import_judged (id integer, p app.kind, "#record" bigint) on commit drop;
    insert into import_judged values {values[:-1]}; grant select on import_judged to postgres"""
    rule = reference(queue)
    with ThreadPoolExecutor(1) as pool, queue.db.connect("import_uploader") as conn:
        with queue.admin.transaction():
            queue.admin.execute(f"{KIND} alter table app.parent alter k type integer")  # pyright: ignore[reportArgumentType]
            queue.admin.execute("select setval('app.runs', 1, false)")
            conn.execute("begin")
            conn.execute(stage)  # pyright: ignore[reportArgumentType]
            asking = pool.submit(conn.execute, ORPHANS, (job.id, job.token, rule, b"\x07"))
            while not queue.admin.execute(WAITING, [conn.info.backend_pid]).fetchone()[0]:
                assert not asking.done()
        error = asking.exception()
        conn.execute("rollback")
    assert not has_run(queue), error
