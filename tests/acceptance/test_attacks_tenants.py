"""Jobs that try to reach rows of other tenants, and what triggers and policies of an application see of a job."""

from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import table


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_file_with_rows_of_another_tenant_only_loads_nothing(stack: Stack, options: dict[str, object]) -> None:
    name, user, other = table(stack, "id integer, user_id uuid"), uuid4(), uuid4()
    job = stack.run_as(user, f"id,user_id\n1,{other}\n2,{other}\n".encode(), name, options)
    assert (job["status"], job["error_code"], job["rows_loaded"]) == ("failed", "IJ421", 0)
    assert stack.rows(name) == []


def test_rejection_does_not_reveal_the_row_of_another_tenant(stack: Stack) -> None:
    """A key of another tenant's row is a duplicate, as in a plain INSERT, but the message does not say of which row."""
    name, user, other = (
        table(stack, "id integer primary key, user_id uuid default auth.uid(), note text"),
        uuid4(),
        uuid4(),
    )
    stack.run_as(other, b"id,note\n1,secret-of-the-other\n", name)
    job = stack.run_as(user, b"id,note\n1,mine\n2,mine\n", name)
    assert stack.rejections(job) == [(2, None, "IJ410")]
    (row,) = stack.sql("select message from public.import_job_errors where job_id = %s", job["id"])
    assert "secret" not in row["message"]
    assert str(other) not in row["message"]


@pytest.mark.parametrize("mode", ["ignore", "update", "upsert", "replace"])
@pytest.mark.parametrize("run_as", ["uploader", "processor"])
def test_no_mode_changes_a_row_of_another_tenant(stack: Stack, mode: str, run_as: str) -> None:
    columns = "id integer primary key, user_id uuid not null default auth.uid(), note text"
    name, user, other = table(stack, columns, owner_column="user_id", mode=mode, run_as=run_as), uuid4(), uuid4()
    stack.sql(f"insert into public.{name} values (1, %s, 'theirs'), (9, %s, 'mine')", other, user)
    stack.run_as(user, f"id,note,user_id\n1,stolen,{other}\n9,new,{other}\n".encode(), name, {"max_errors": "100%"})
    assert (1, other, "theirs") in stack.rows(name)
    assert {owner for _, owner, note in stack.rows(name) if note in ("stolen", "new")} <= {user}


def test_triggers_and_defaults_see_the_jobs_owner(stack: Stack) -> None:
    columns = "id integer, who uuid default auth.uid(), role text default current_user, seen jsonb"
    name, user = table(stack, columns, "true"), uuid4()
    stack.sql(
        f"create function public.record_{name}() returns trigger language plpgsql as $$ begin"
        " new.seen := jsonb_build_object("
        "'uid', auth.uid(), 'role', auth.role(), 'jwt', auth.jwt(), 'user', current_user);"
        f" return new; end $$; create trigger record before insert on public.{name}"
        f" for each row execute function public.record_{name}()"
    )
    stack.run_as(user, b"id\n1\n", name, {}, aal="aal2", app_metadata={"admin": True})
    ((_, who, role, seen),) = stack.rows(name)
    assert (who, role) == (user, "authenticated")
    assert seen == {
        "uid": str(user),
        "role": "authenticated",
        "user": "authenticated",
        "jwt": {"sub": str(user), "role": "authenticated", "aal": "aal2"},
    }


def test_deferred_triggers_also_run_as_the_owner(stack: Stack) -> None:
    """At COMMIT they would run as the processor, to which row security does not apply."""
    name, user = table(stack, "id integer, user_id uuid default auth.uid()"), uuid4()
    log = f"log_{name}"
    stack.sql(
        f"create table public.{log} (who text, uid uuid); grant insert on public.{log} to authenticated;"
        f"create function public.{log}() returns trigger language plpgsql as $$ begin"
        f" insert into public.{log} values (current_user, auth.uid()); return null; end $$;"
        f"create constraint trigger later after insert on public.{name} deferrable initially deferred"
        f" for each row execute function public.{log}()"
    )
    for options in ({}, {"atomic": True}):
        assert stack.run_as(user, b"id\n1\n", name, options)["status"] == "completed"
    assert stack.rows(log) == [("authenticated", user)] * 2


def test_policy_sees_only_the_claims_that_the_target_lists(stack: Stack) -> None:
    condition = "(select auth.jwt() -> 'app_metadata' ->> 'team') = team"
    name, user = table(stack, "id integer, team text", condition), uuid4()
    data, claims = b"id,team\n1,red\n2,blue\n", {"app_metadata": {"team": "red"}, "user_metadata": {"team": "blue"}}
    assert stack.run_as(user, data, name, {}, **claims)["error_code"] == "IJ421"
    stack.sql("update public.import_targets set claims = '{app_metadata}' where name = %s", name)
    job = stack.run_as(user, data, name, {}, **claims)
    assert (job["rows_loaded"], stack.rejections(job)) == (1, [(3, None, "IJ604")])
    (identity,) = stack.sql("select claims from importer.job_identities where job_id = %s", job["id"])
    assert set(identity["claims"]) == {"sub", "role", "app_metadata"}


def test_job_of_the_service_for_an_owner_has_no_claims_but_the_owners_id(stack: Stack) -> None:
    name, user, other = table(stack, "id integer, user_id uuid"), uuid4(), uuid4()
    path = stack.upload(f"id,user_id\n1,{user}\n2,{other}\n".encode(), folder=user)
    (row,) = stack.sql(
        "insert into public.import_jobs (object_path, target, created_by) values (%s, %s, %s) returning id",
        path,
        name,
        user,
    )
    job = stack.wait(row["id"])
    assert (job["rows_loaded"], stack.rejections(job)) == (1, [(3, None, "IJ604")])


def test_row_security_without_a_policy_rejects_every_row(stack: Stack) -> None:
    name, user = stack.table("id integer"), uuid4()
    stack.sql(f"alter table public.{name} enable row level security; grant insert on public.{name} to authenticated")
    assert stack.run_as(user, b"id\n1\n", name)["error_code"] == "IJ421"
    assert stack.rows(name) == []


def test_missing_usage_of_the_schema_ends_the_job_before_the_first_row(stack: Stack) -> None:
    schema, user = f"private_{uuid4().hex[:8]}", uuid4()
    stack.sql(
        f"create schema {schema}; create table {schema}.people (id integer);"
        f"grant insert on {schema}.people to authenticated;"
    )
    stack.sql(f"select importer.register_target('{schema}.people', name => '{schema}')")
    job = stack.run_as(user, b"id\n1\n", schema)
    assert (job["status"], job["error_code"], job["rows_read"]) == ("failed", "IJ603", 0)


def test_target_written_by_the_processor_needs_an_owner_column_to_separate_tenants(stack: Stack) -> None:
    """docs/explanation/security.md warns of this: without an owner column, the file decides whose its rows are."""
    user, other = uuid4(), uuid4()
    data = f"id,user_id\n1,{other}\n".encode()
    without_owner = table(stack, "id integer, user_id uuid", run_as="processor")
    assert stack.run_as(user, data, without_owner)["status"] == "completed"
    assert stack.rows(without_owner) == [(1, other)]
    with_owner = table(stack, "id integer, user_id uuid", run_as="processor", owner_column="user_id")
    assert stack.run_as(user, data, with_owner)["status"] == "completed"
    assert stack.rows(with_owner) == [(1, user)]
