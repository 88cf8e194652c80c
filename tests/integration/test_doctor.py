"""importer.doctor(): a sound installation has no problem, and each broken one exactly those that it should have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.conftest import Cluster, Database
from tests.integration.queue_harness import raises
from tests.servers import PgnetWorker

PROBLEMS = "select name, hint from importer.doctor() where message is not null"
CRON = """
create schema cron;
create table cron.job (
  jobid bigserial primary key, jobname text, schedule text, command text, active boolean default true
);
create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
  insert into cron.job (jobname, schedule, command) values (job_name, schedule, command) returning jobid
$$;
create function cron.unschedule(id bigint) returns boolean language sql as $$
  delete from cron.job where jobid = id returning true
$$;
grant usage on schema cron to postgres;
grant all on all tables in schema cron to postgres;
grant all on all sequences in schema cron to postgres;
"""
REALTIME = """
create schema realtime;
create table realtime.messages (topic text, extension text);
create function realtime.topic() returns text language sql as $$ select 'theirs' $$;
grant usage on schema realtime to postgres;
"""
TARGET = """
create table public.guests (id integer primary key);
select importer.register_target('public.guests');
"""
JOB = "insert into public.import_jobs (object_path, target) values ('service/a.csv', 'guests')"
RUNNING = f"""
{TARGET}
{JOB};
select importer.claim_jobs('gone', 1, 60);
"""
CREATE_AGAIN = "Create what is missing as supabase/schema.sql has it."
REGISTER_AGAIN = (
    "Run import-jobs doctor --fix to accept tables of the same name and owner, as after a restore; register the others "
    "again with importer.register_target(), or remove them with importer.unregister_target()."
)
CONFIGURE = "Run import-jobs configure --processor-url URL, with the URL at which the database reaches the processor."
SCHEDULE = "Run import-jobs doctor --fix, or in SQL: select importer.schedule_sweep()."
SWEEP = "Start a processor, or run import-jobs doctor --fix, which sweeps: the jobs become pending again."
POLICIES = "Create what is missing as supabase/migrations has it."
CLAIM = "importer.claim_jobs(text, integer, integer, integer)"
CLAIM_SHOWN = "importer.claim_jobs(text,integer,integer,integer)"
PROCESSOR = "Start one with import-jobs serve, or set processor_sleeps if yours runs only after a ring."
CONNECTIONS = (
    "Close connections that are not needed, lower IMPORT_JOBS_MAX_JOBS or IMPORT_JOBS_CONNECTIONS, or raise the limit."
)
#: What is done to the installation, and the check that finds it with its hint.
BROKEN = [
    (
        "alter table public.import_jobs disable trigger trigger_process_import_jobs",
        "triggers",
        "Run: alter table public.import_jobs enable trigger trigger_process_import_jobs.",
    ),
    ("drop trigger trigger_process_import_jobs_retry on public.import_jobs", "triggers", CREATE_AGAIN),
    ("drop trigger guard_import_job on public.import_jobs", "triggers", CREATE_AGAIN),
    (
        f"alter function {CLAIM} reset search_path",
        "search_paths",
        f"Run: alter function {CLAIM_SHOWN} set search_path = pg_catalog, pg_temp.",
    ),
    (
        "alter function importer.setting(text) set search_path = public",
        "search_paths",
        "Run: alter function importer.setting(text) set search_path = pg_catalog, pg_temp.",
    ),
    (f"alter function {CLAIM} security invoker", "definers", f"Run: alter function {CLAIM_SHOWN} security definer."),
    (
        "alter function importer.wake_token() security invoker",
        "definers",
        "Run: alter function importer.wake_token() security definer.",
    ),
    (
        "alter function importer.check_import_job() security invoker",
        "definers",
        "Run: alter function importer.check_import_job() security definer.",
    ),
    (
        "alter function importer.wake_token() owner to supabase_admin",
        "definers",
        "Run: alter function importer.wake_token() owner to postgres.",
    ),
    (
        "grant execute on function importer.setting(text) to anon",
        "open_functions",
        "Run: revoke execute on function importer.setting(text) from public, anon.",
    ),
    (
        "grant usage on schema importer to authenticated",
        "open_functions",
        "Run: revoke all on schema importer from authenticated, public.",
    ),
    (
        "alter table public.import_jobs disable row level security",
        "row_security",
        "Run: alter table public.import_jobs enable row level security.",
    ),
    (
        "revoke authenticated from import_uploader granted by postgres",
        "processor_rights",
        "Run: grant authenticated to import_uploader.",
    ),
    (
        f"revoke execute on function {CLAIM} from import_processor",
        "processor_rights",
        f"Run: grant execute on function {CLAIM} to import_processor.",
    ),
    (
        "alter role import_processor set statement_timeout = '8s'",
        "time_outs",
        "Run: alter role import_processor set statement_timeout = 0.",
    ),
    (
        "alter role import_uploader set lock_timeout = '900'",
        "time_outs",
        "Run: alter role import_uploader set lock_timeout = 0.",
    ),
    (f"{TARGET} drop table public.guests", "targets", REGISTER_AGAIN),
    (f"{TARGET} drop table public.guests; create table public.guests (id integer)", "targets", REGISTER_AGAIN),
    (
        f"{TARGET} revoke insert (id) on public.guests from import_processor",
        "target_rights",
        "Register these targets again with importer.register_target(), which grants what is missing.",
    ),
    (
        "set local storage.allow_delete_query = 'true'; delete from storage.buckets where id = 'imports'",
        "bucket",
        "Create a private bucket with the name imports, in the dashboard or with Storage's API.",
    ),
    (
        "update storage.buckets set public = true where id = 'imports'",
        "bucket",
        "Make it private: update storage.buckets set public = false where id = 'imports'.",
    ),
    (
        "update storage.buckets set allowed_mime_types = '{image/png}' where id = 'imports'",
        "bucket",
        "Add text/csv to allowed_mime_types of the bucket; supabase/config.toml lists the types that clients send.",
    ),
    ('drop policy "import-jobs: users upload below their id" on storage.objects', "bucket_policies", POLICIES),
    (
        "alter table storage.objects disable row level security",
        "bucket_policies",
        "Run as the owner of the table: alter table storage.objects enable row level security.",
    ),
    (
        f"{TARGET} insert into public.import_folders (path_prefix, target, owner) values ('inbox/', 'guests', null);"
        ' drop trigger "import-jobs: import on upload" on storage.objects',
        "upload_trigger",
        "Run import-jobs doctor --fix, or in SQL: select importer.install_upload_trigger().",
    ),
    (REALTIME, "realtime", "Run import-jobs doctor --fix, or in SQL: select importer.install_realtime()."),
    ("delete from importer.settings where name = 'import_jobs_processor_url'", "processor_url", CONFIGURE),
    (
        "update importer.settings set value = 'processor:8080' where name = 'import_jobs_processor_url'",
        "processor_url",
        CONFIGURE,
    ),
    (
        "delete from importer.settings where name = 'import_jobs_wake_token'",
        "wake_token",
        "Run import-jobs configure --processor-url URL, which stores one.",
    ),
    ("delete from importer.processors", "processor", PROCESSOR),
    (
        "insert into importer.rings (sent_at, timeout_milliseconds) values (now() - interval '1 minute', 2000)",
        "rings",
        "Run import-jobs doctor, which rings and says what comes back.",
    ),
    ("select importer.pause('moving house')", "pause", "Run in SQL: select importer.resume()."),
    (CRON, "sweep", SCHEDULE),
    (f"{CRON} select importer.schedule_sweep(); update cron.job set active = false", "sweep", SCHEDULE),
    (
        "insert into importer.settings (name, value) values ('processor_sleeps', 'true')",
        "sweep",
        "Run: create extension pg_cron. Then run import-jobs doctor --fix.",
    ),
    (f"{RUNNING} update importer.job_leases set expires_at = now() - interval '5 minutes'", "leases", SWEEP),
    ("alter role import_processor connection limit 3", "connections", CONNECTIONS),
    (
        "set local default_transaction_read_only = on",
        "read_only",
        "Make room on the disk, then set default_transaction_read_only to off: Supabase sets it when a disk is full.",
    ),
    (
        "alter table storage.buckets drop column allowed_mime_types",
        "bucket",
        "Remove the cause, then examine the installation again.",
    ),
]


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Database]:
    """A database for all tests of this file, with pg_net and its worker."""
    with contextmanager(cluster.clone)("closed") as database, PgnetWorker(database.superuser_url):
        yield database


@pytest.fixture(scope="module")
def sessions(shared: Database) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """A superuser's connection to it, and one of a processor, with which the installation is sound."""
    with shared.connect("import_processor") as processor, shared.connect("supabase_admin") as superuser:
        superuser.execute("select importer.configure('http://127.0.0.1:9', 'a token')")
        processor.execute("select importer.hold_session(7)")
        yield superuser, processor


@pytest.fixture
def conn(sessions: tuple[psycopg.Connection, psycopg.Connection]) -> Iterator[psycopg.Connection]:
    """The superuser's connection in a transaction that is rolled back, with a processor that was seen just now."""
    superuser, _ = sessions
    with superuser.transaction(force_rollback=True):
        superuser.execute("select importer.report_processor('test')")
        yield superuser


def problems(conn: psycopg.Connection) -> list[tuple[str, str]]:
    """Return the check and the hint of each problem."""
    return conn.execute(PROBLEMS).fetchall()


def test_sound_installation_has_no_problem(conn: psycopg.Connection) -> None:
    rows = conn.execute("select message, hint from importer.doctor()").fetchall()
    assert len(rows) >= 25
    assert set(rows) == {(None, None)}


@pytest.mark.parametrize(
    ("statements", "name", "hint"), BROKEN, ids=[f"{name}-{at}" for at, (_, name, _) in enumerate(BROKEN)]
)
def test_broken_installation_has_the_one_problem(
    conn: psycopg.Connection, statements: str, name: str, hint: str
) -> None:
    conn.execute(statements.encode())
    assert problems(conn) == [(name, hint)]


def test_new_database_has_neither_worker_nor_url_nor_processor(db: Database) -> None:
    with db.connect() as conn:
        assert [name for name, _ in problems(conn)] == ["pg_net_worker", "processor_url", "wake_token", "processor"]


def test_database_without_pg_net(conn: psycopg.Connection) -> None:
    conn.execute("drop schema net cascade")
    assert problems(conn) == [("pg_net", "Run: create extension pg_net.")]


def test_processor_that_does_not_listen(
    conn: psycopg.Connection, sessions: tuple[psycopg.Connection, psycopg.Connection]
) -> None:
    _, processor = sessions
    processor.execute("select pg_advisory_unlock_all()")
    listening = problems(conn)
    processor.execute("select importer.hold_session(7)")
    hint = "Give the processor the direct connection, or that of the session pooler (port 5432): behind a pooler in "
    assert listening == [("listener", f"{hint}transaction mode it only looks for jobs every 1.5 s.")]


def test_time_out_of_the_database_counts_unless_the_role_has_its_own(conn: psycopg.Connection) -> None:
    name = conn.info.dbname
    conn.execute(f"alter database {name} set statement_timeout = '3s'".encode())
    assert [check for check, _ in problems(conn)] == ["time_outs"]
    for role in ("import_processor", "import_uploader"):
        conn.execute(f"alter role {role} set statement_timeout = '5min'".encode())
    assert problems(conn) == []


def test_tables_of_mostly_dead_rows(shared: Database) -> None:
    with shared.connect() as conn:
        conn.execute("alter table importer.rings set (autovacuum_enabled = off)")
        conn.execute("insert into importer.rings (timeout_milliseconds) select 2000 from generate_series(1, 10001)")
        conn.execute("delete from importer.rings")
        conn.execute("select pg_stat_force_next_flush()")
        hint = dict(problems(conn))["bloat"]
        assert hint.startswith("Run: vacuum analyze importer.rings.")
        conn.execute("vacuum analyze importer.rings")
        conn.execute("select pg_stat_force_next_flush()")
        assert "bloat" not in dict(problems(conn))


def test_schedule_sweep_mends_the_schedule(conn: psycopg.Connection) -> None:
    assert conn.execute("select importer.schedule_sweep()").fetchone() == (False,)
    conn.execute(CRON)
    for change in ("", "update cron.job set active = false"):
        if change:
            conn.execute(change)
        assert conn.execute("select importer.schedule_sweep()").fetchone() == (True,)
        assert problems(conn) == []
    assert conn.execute("select count(*) from cron.job").fetchone() == (1,)


USER = {"sub": "00000000-0000-4000-8000-000000000001"}


@pytest.mark.parametrize(("role", "code"), [("authenticated", "IJ601"), ("anon", "42501")])
def test_users_may_not_examine(shared: Database, role: str, code: str) -> None:
    with shared.connect(role, USER) as conn:
        with raises(code):
            conn.execute("select from public.import_doctor()")
        with raises("42501"):
            conn.execute("select from importer.doctor()")


def test_supervisor_processor_and_service_may_examine(shared: Database) -> None:
    with shared.connect() as admin:
        admin.execute("insert into importer.settings (name, value) values ('supervisor_when', 'true')")
        try:
            for role, function in (
                ("authenticated", "public.import_doctor"),
                ("service_role", "public.import_doctor"),
                ("import_processor", "importer.doctor"),
            ):
                with shared.connect(role, USER if role == "authenticated" else None) as conn:
                    row = conn.execute(f"select count(*) > 20 from {function}()".encode()).fetchone()
                assert row == (True,), role
        finally:
            admin.execute("delete from importer.settings where name = 'supervisor_when'")
