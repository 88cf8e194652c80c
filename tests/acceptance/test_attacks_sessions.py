"""Code of a user's table that leaves the user's role: it gets the role of the session, which has nothing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.acceptance.conftest import Stack, cli
from tests.acceptance.tenants_harness import table

# Leaves the user's role and tries each statement; the trigger's own table holds what came of it.
TRIGGER = """
create table public.{0}_proof (attempt text, outcome text, who text, session text);
grant select, insert on public.{0}_proof to public;
create function public.{0}_escape() returns trigger language plpgsql as $body$
declare
  statement text;
  outcome text;
begin
  perform set_config('role', 'none', true);
  foreach statement in array array[{1}] loop
    begin
      execute 'select (' || statement || ')::text' into outcome;
    exception when others then
      outcome := sqlstate;
    end;
    insert into public.{0}_proof values (statement, outcome, current_user, session_user);
  end loop;
  perform set_config('role', 'authenticated', true);
  return new;
end
$body$;
create trigger escape before insert on public.{0} for each row execute function public.{0}_escape();
"""
ATTEMPTS = {
    "read the token of the doorbell": "select importer.wake_token()",
    "read a setting": "select importer.setting('import_jobs_wake_token')",
    "read all settings": "select count(*) from importer.settings",
    "claim jobs": "select count(*) from importer.claim_jobs('me', 10)",
    "sweep": "select count(*) from importer.sweep_import_jobs()",
    "see the sources": "select count(*) from importer.sources_to_delete()",
    "count jobs": "select count(*) from public.import_jobs where created_by is distinct from auth.uid()",
    "count leases": "select count(*) from importer.job_leases",
    "count chunks": "select count(*) from importer.job_chunks",
    "see the next jobs": "select count(*) from importer.next_jobs(10)",
    "see rejections": "select count(*) from importer.list_rejections('{other}')",
    "see rejections with a token": "select count(*) from importer.read_rejections('{other}', gen_random_uuid())",
    "fail a job": "select importer.fail_job('{other}', gen_random_uuid(), 'IJ301', 'm', 'h', false)",
    "finish a job": "select importer.finish_job('{other}', gen_random_uuid(), 0, null, '{{}}')",
    "read staged rows": "select count(*) from importer.staging_{other_hex}",
    "lend staged rows": "select importer.lend_staging_table('{other}', gen_random_uuid())",
    "become the service": "select set_config('role', 'service_role', true)",
    "become the administrator": "select set_config('role', 'postgres', true)",
    "become the processor": "select set_config('role', 'import_processor', true)",
    "see other tokens and claims": "select count(*) from pg_stat_activity where query ~ '[0-9a-f-]{{36}}'"
    " and pid <> pg_backend_pid()",
}
# Everything is refused, or finds nothing.
REFUSED = {"42501", "IJ103", "0"}
OTHERS = """
create table importer.staging_{0} (id integer);
grant insert, select, delete on importer.staging_{0} to import_processor;
"""


@contextmanager
def staged_rows(stack: Stack, other: UUID) -> Generator[None]:
    """Let a staging table of another user stand during the block; the lock keeps the sweep from dropping it."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as holder:
        holder.execute(OTHERS.format(other.hex))
        holder.commit()
        holder.execute(f"lock table importer.staging_{other.hex} in access share mode")
        yield
        holder.execute(f"drop table importer.staging_{other.hex}")


@pytest.fixture
def user() -> UUID:
    """The id of a user of this test's own."""
    return uuid4()


def escaping_table(stack: Stack, other: UUID, **registered: object) -> str:
    """Create a target whose trigger leaves the user's role; return its name."""
    name = table(stack, "id integer primary key, user_id uuid default auth.uid(), note text", **registered)
    statements = [text.format(other=other, other_hex=other.hex) for text in ATTEMPTS.values()]
    stack.sql(TRIGGER.format(name, ", ".join(f"$${text}$$" for text in statements)).replace("%", "%%"))
    return name


@pytest.mark.parametrize(
    ("mode", "options"),
    [("insert", {}), ("insert", {"atomic": True}), ("upsert", {}), ("ignore", {}), ("replace", {})],
    ids=str,
)
@pytest.mark.parametrize("secured", [True, False])
def test_trigger_that_leaves_the_users_role_reaches_nothing(
    stack: Stack, user: UUID, mode: str, options: dict[str, object], secured: bool
) -> None:
    other = uuid4()
    waiting = stack.insert_as(other, stack.upload(b"id\n1\n", folder=other), "nothing", {})
    stack.wait(waiting)
    name = escaping_table(stack, other, mode=mode, owner_column="user_id")
    if not secured:
        stack.sql(f"alter table public.{name} disable row level security")
    with staged_rows(stack, other):
        job = stack.run_as(user, b"id,note\n1,a\n", name, options)
    found = stack.rows(f"{name}_proof", "attempt, outcome, who, session")
    assert (job["status"], job["rows_loaded"]) == ("completed", 1)
    assert {(who, session) for *_, who, session in found} == {("import_uploader", "import_uploader")}
    assert len({attempt for attempt, *_ in found}) == len(ATTEMPTS)
    assert [(attempt, outcome) for attempt, outcome, *_ in found if outcome not in REFUSED] == []


LEFT_BEHIND = """
create function public.{0}_soil() returns trigger language plpgsql as $body$
begin
  perform set_config('search_path', 'pg_temp', false);
  if to_regclass('pg_temp.mine') is null then
    create temporary table mine (id integer);
    create domain pg_temp.text as pg_catalog.text check (value is null);
    create domain pg_temp.int4 as pg_catalog.int4 check (value is null);
  end if;
  perform pg_catalog.pg_advisory_lock(4711);
  listen mine;
  return new;
end
$body$;
create trigger soil before insert on public.{0} for each row execute function public.{0}_soil();
"""


def test_what_a_trigger_leaves_in_a_session_is_gone_for_the_next_job(stack: Stack, user: UUID) -> None:
    columns = "id integer primary key, user_id uuid default auth.uid(), note text"
    soiled, next_name = table(stack, columns), table(stack, columns)
    stack.sql(LEFT_BEHIND.format(soiled))
    for number in range(6):  # every session that the processor might have
        job = stack.run_as(user, f"id,note\n{number},a\n".encode(), soiled)
        assert (job["status"], job["rows_loaded"]) == ("completed", 1)
        other = uuid4()
        job = stack.run_as(other, f"id,note\n{number},a\n".encode(), next_name)
        assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 0)
        assert (number, other) in stack.rows(next_name, "id, user_id")
    assert stack.sql("select count(*) from pg_locks where locktype = 'advisory' and objid = 4711") == [{"count": 0}]


@pytest.mark.parametrize("role", ["PROCESSOR_DATABASE_URL", "DATABASE_URL"])
def test_processor_refuses_a_role_that_may_do_more_than_write_as_users(stack: Stack, role: str) -> None:
    env = {"DATABASE_URL": stack.env["PROCESSOR_DATABASE_URL"], "IMPORT_JOBS_UPLOADER_DATABASE_URL": stack.env[role]}
    done = cli("serve", env={**stack.env, **env, "IMPORT_JOBS_PORT": "1"})
    assert done.returncode == 1
    assert "IMPORT_JOBS_UPLOADER_DATABASE_URL" in done.stderr
