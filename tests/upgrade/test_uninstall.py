"""importer.uninstall(), called by the administrator, who is no superuser, leaves the catalog as it was before."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from processor.local import floor
from processor.local.python_command import module_environment
from tests.conftest import Cluster, Database, running_cluster
from tests.conventions import schema
from tests.integration.queue_harness import raises
from tests.integration.test_configure import VAULT

# What a project has before: tables of its own, and the parts of the platform that the floor lacks, without their work.
PROJECT = f"""
create schema app;
create table app.guests (id bigint generated always as identity primary key, name text, job uuid);
create table public.import_notes (id serial primary key, note text not null);
alter table public.import_notes enable row level security;
create policy own on public.import_notes to authenticated using (true);
grant select, insert on public.import_notes to authenticated;
create function public.import_anything() returns integer language sql as 'select 1';
{VAULT}
create schema cron;
create table cron.job (jobid bigserial primary key, jobname text, command text);
create function cron.unschedule(id bigint) returns boolean language sql as $$
  delete from cron.job where jobid = id returning true
$$;
insert into cron.job (jobname, command) values ('nightly', 'vacuum');
create schema realtime;
create table realtime.messages (topic text not null, extension text not null, private boolean not null);
create function realtime.topic() returns text language sql stable as $$ select 'theirs' $$;
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language sql as 'select';
alter table realtime.messages enable row level security;
create policy "their topics" on realtime.messages for select to authenticated using (topic = 'theirs');
create policy "import-jobs: theirs" on app.guests using (true);
insert into cron.job (jobname, command) values ('import-jobs-report', 'select app.report()');
select vault.create_secret('theirs', 'stripe_key'), vault.create_secret('theirs', 'import_jobs_archive_key');
"""
USED = """
select importer.register_target('app.guests', provenance_column => 'job');
select importer.register_target('public.import_notes', mode => 'upsert', key_columns => '{id}');
select importer.configure('http://127.0.0.1:9', 'a token');
insert into cron.job (jobname, command) values ('import-jobs-sweep', 'select importer.sweep_import_jobs()');
insert into public.import_jobs (object_path, target) values ('service/a.csv', 'guests');
create policy "import-jobs: a topic" on realtime.messages for select to authenticated using (topic = 'import-jobs');
create trigger import_jobs_test after insert on storage.objects for each row
execute function importer.trigger_import_job_processing();
create trigger webhook before update on public.import_jobs for each row
execute function suppress_redundant_updates_trigger();
"""
CLUSTER = """
select 'role', r.rolname::text, to_jsonb(r) - 'oid' - 'rolpassword'
from pg_roles as r where r.rolname !~ '^pg_'
union all
select 'member', m.roleid::regrole::text, to_jsonb(m.member::regrole::text) from pg_auth_members as m
union all
select 'database', d.datname::text, to_jsonb(array(
  select g::text from unnest(coalesce(d.datacl, acldefault('d', d.datdba))) as g order by 1
))
from pg_database as d where d.datname = current_database()
union all
select 'default', n.oid::regrole::text, to_jsonb(n.defaclacl::text) from pg_default_acl as a
cross join lateral (select a.defaclrole as oid, a.defaclacl) as n
union all
select 'setting', s.setrole::text, to_jsonb(s.setconfig) from pg_db_role_setting as s
union all
select 'cron', j.jobname, to_jsonb(j.command) from cron.job as j
union all
select 'secret', s.name, to_jsonb(s.secret) from vault.secrets as s
order by 1, 2, 3
"""
DATABASE_GRANTS = """
select g.grantee::regrole::text, g.privilege_type
from pg_database as d cross join lateral aclexplode(d.datacl) as g
where d.datname = current_database() and g.grantee::regrole::text ~ '^import_' order by 1, 2
"""
Snapshot = tuple[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A server of its own: roles belong to a server, and other tests use those of import-jobs."""
    with running_cluster("import-jobs-uninstall-") as running:
        yield running


@pytest.fixture
def project(own_cluster: Cluster) -> Iterator[Database]:
    """A project with the floor and tables of its own."""
    with contextmanager(own_cluster.clone)("floor") as database:
        with database.connect() as admin:
            admin.execute(PROJECT)
        yield database
    with psycopg.connect(own_cluster.server.url(), autocommit=True) as superuser:
        superuser.execute("drop role if exists import_processor, import_uploader")


@pytest.fixture
def installed(own_cluster: Cluster, project: Database) -> Database:
    """The same with import-jobs, after use."""
    own_cluster.migrate(project)
    with project.connect() as admin:
        admin.execute(USED)
    return project


def snapshot(database: Database) -> Snapshot:
    """Return the schema of the whole database with owners and privileges, and what belongs to the server."""
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        rows = superuser.execute(CLUSTER).fetchall()
    return schema.dump_everything(database.server.installation, database.superuser_url), rows


def uninstall(database: Database) -> list[str]:
    """Call the function as `postgres`; return what it could not remove."""
    with database.connect() as admin:
        assert admin.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (False,)
        return [kept for (kept,) in admin.execute("select importer.uninstall()").fetchall()]


def test_catalog_is_as_it_was_before(own_cluster: Cluster, project: Database) -> None:
    before = snapshot(project)
    own_cluster.migrate(project)
    with project.connect() as admin:
        admin.execute(USED)
    assert snapshot(project) != before
    assert uninstall(project) == []
    assert snapshot(project) == before


def test_command_asks_and_then_removes(installed: Database) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "processor.cli", "uninstall", *options],
            env={**module_environment(), "DATABASE_URL": installed.admin_url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    place = f"{installed.name} on 127.0.0.1"
    asked = run()
    assert asked.stderr == (
        f"error IJ130: this would delete all jobs and targets in {place} — Add --yes to do it without a question.\n"
    )
    done = run("--yes")
    assert (done.returncode, done.stdout) == (0, f"removed import-jobs from {place}\n"), done.stderr
    gone = run("--yes")
    assert (gone.returncode, "the database does not have the tables" in gone.stderr) == (1, True), gone.stderr


def test_installation_can_be_repeated(own_cluster: Cluster, installed: Database) -> None:
    first = schema.dump(installed.server.installation, installed.admin_url)
    assert uninstall(installed) == []
    own_cluster.migrate(installed)
    with installed.connect() as admin:
        admin.execute(USED)
    assert schema.dump(installed.server.installation, installed.admin_url) == first


def test_it_is_refused_while_a_job_runs(installed: Database) -> None:
    with installed.connect() as admin:
        admin.execute("select importer.claim_jobs('worker', 1, 60, 0)")
        with raises("IJ133") as caught:
            admin.execute("select importer.uninstall()")
        assert caught.value.diag.message_primary == "jobs are running"
        admin.execute("select public.cancel_import_job(id) from public.import_jobs")
        assert admin.execute("select importer.uninstall()").fetchall() == []


# Objects of others that would be dropped, and how the message names them.
OTHERS = [
    ("create view app.jobs as select id from public.import_jobs", "view app.jobs"),
    (
        "alter table app.guests add foreign key (job) references public.import_jobs (id)",
        "constraint guests_job_fkey on table app.guests",
    ),
    ("create table app.states (status public.import_job_status)", "column status of table app.states"),
    ("create table app.states (history public.import_job_status[])", "column history of table app.states"),
    ("create table app.states (copies public.import_jobs[])", "column copies of table app.states"),
    (
        "create policy ours on app.guests using (importer.setting('x') is null)",
        "policy ours on table app.guests",
    ),
    (
        "create policy \"import-jobs: a\" on app.guests using (importer.setting('x') is null)",
        "policy import-jobs: a on table app.guests",
    ),
    (
        "alter table app.guests alter name set default importer.setting('x')",
        "default value for column name of table app.guests",
    ),
    (
        "create function app.last() returns public.import_jobs language sql as 'select null::public.import_jobs'",
        "function app.last()",
    ),
]


def test_it_is_refused_while_objects_of_others_need_it(installed: Database) -> None:
    with installed.connect() as admin:
        for statement, named in OTHERS:
            with admin.transaction(force_rollback=True):
                admin.execute(statement)
                with raises("IJ133") as caught, admin.transaction():
                    admin.execute("select importer.uninstall()")
            assert caught.value.diag.message_primary == f"other objects need those of import-jobs: {named}"


def test_role_that_another_database_needs_stays_without_privileges_here(
    own_cluster: Cluster, installed: Database
) -> None:
    with contextmanager(own_cluster.clone)("floor") as other:
        own_cluster.migrate(other)
        with other.connect() as admin:
            before = admin.execute(DATABASE_GRANTS).fetchall()
            kept = uninstall(installed)
            assert admin.execute(DATABASE_GRANTS).fetchall() == before != []
        assert [re.sub(r":.*", "", line, flags=re.DOTALL) for line in kept] == [
            "role import_processor",
            "role import_uploader",
        ]
        assert all(f"database {other.name}" in line for line in kept)
        granted = schema.dump_everything(installed.server.installation, installed.superuser_url)
        assert re.findall(r"^.*import_(?:processor|uploader).*$", granted, re.MULTILINE) == []
        own_cluster.migrate(installed)  # the role is used again
        with installed.connect(floor.PROCESSOR) as processor:
            processor.execute("select importer.sweep_import_jobs()")


def test_what_the_rights_do_not_allow_is_named(installed: Database) -> None:
    with psycopg.connect(installed.superuser_url, autocommit=True) as superuser:
        superuser.execute("revoke supabase_storage_admin from postgres")
        superuser.execute("alter table vault.secrets owner to supabase_admin")
        superuser.execute("revoke all on vault.secrets from postgres")
        superuser.execute("create table app.theirs (id bigint); alter table app.theirs owner to supabase_admin")
        superuser.execute("grant insert on app.theirs to import_processor")
        try:
            kept = uninstall(installed)
        finally:
            superuser.execute("grant supabase_storage_admin to postgres")
            superuser.execute("drop table app.theirs")
    assert [line.partition(":")[0] for line in kept] == [
        'policy "import-jobs',
        'policy "import-jobs',
        "secrets of Vault",
        "role import_processor",
    ]
    assert "privileges for table app.theirs" in kept[-1]
