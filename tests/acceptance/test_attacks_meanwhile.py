"""Changes between the insert of a job and its run, of members, targets and row security: the run uses the new state."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import BELONGS_TO_USER, OWN_ROWS, table


def execute_as(stack: Stack, user: UUID, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Execute a statement as a signed-in user; return its rows."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as conn:
        conn.execute("set local role authenticated")
        claims = json.dumps({"sub": str(user), "role": "authenticated"})
        conn.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        return conn.execute(statement, parameters).fetchall()


def retried(stack: Stack, user: UUID, job: dict[str, Any]) -> dict[str, Any]:
    """Retry an ended job as its owner; return its row once it has ended again."""
    execute_as(stack, user, "select public.retry_import_job(%s)", job["id"])
    return stack.wait(job["id"])


def test_member_who_was_removed_between_insert_and_retry_loads_nothing(stack: Stack) -> None:
    """A policy that reads a table sees its present rows; only the claims are those of the insert."""
    members = f"members_{uuid4().hex[:8]}"
    stack.sql(f"create table public.{members} (user_id uuid); grant select on public.{members} to authenticated")
    condition = f"exists (select from public.{members} as m where m.user_id = (select auth.uid()))"
    name, user = table(stack, "id integer", condition), uuid4()
    stack.sql(f"insert into public.{members} values (%s)", user)
    assert stack.run_as(user, b"id\n1\n", name)["status"] == "completed"
    path = stack.upload(b"id\n2\n", folder=user)
    stack.sql(f"delete from public.{members}")
    job = stack.wait(stack.insert_as(user, path, name))
    assert (job["status"], job["error_code"]) == ("failed", "IJ421")
    stack.sql(f"insert into public.{members} values (%s)", user)
    assert retried(stack, user, job)["status"] == "completed"  # the policy sees the member again
    assert stack.rows(name) == [(1,), (2,)]


@pytest.mark.parametrize("closing", ["allowed_when = 'false'", "allowed_roles = '{staff}'"])
def test_target_that_was_closed_between_insert_and_run_loads_nothing(stack: Stack, closing: str) -> None:
    name, user = table(stack, "id integer", "true"), uuid4()
    path = stack.upload(b"id\n1\n", folder=user)
    ((job,),) = execute_as(
        stack,
        user,
        "insert into public.import_jobs (object_path, target, run_after)"
        " values (%s, %s, now() + interval '1 day') returning id",
        path,
        name,
    )
    stack.sql(f"update public.import_targets set {closing} where name = %s", name)
    stack.sql("update public.import_jobs set run_after = now() where id = %s", job)
    ended = stack.wait(job)
    assert (ended["status"], ended["error_code"], ended["bytes_total"]) == ("failed", "IJ601", None)
    assert stack.rows(name) == []


def test_job_inserted_before_its_target_was_closed_fails_when_it_runs(stack: Stack) -> None:
    name, user = f"t_{uuid4().hex[:12]}", uuid4()
    path = stack.upload(b"id\n1\n", folder=user)
    job = stack.wait(stack.insert_as(user, path, name))
    assert job["error_code"] == "IJ106"  # the target did not exist, so that the insert had nothing to check
    stack.sql(f"create table public.{name} (id integer)")
    stack.sql(OWN_ROWS.format(name, "true"))
    stack.register(name)
    stack.sql("update public.import_targets set allowed_roles = '{staff}' where name = %s", name)
    again = retried(stack, user, job)
    assert (again["status"], again["error_code"], again["rows_read"]) == ("failed", "IJ601", 0)
    stack.sql("update public.import_targets set allowed_roles = '{authenticated}' where name = %s", name)
    assert retried(stack, user, again)["status"] == "completed"


def test_row_security_that_was_enabled_later_applies(stack: Stack) -> None:
    name, user = stack.table("id integer, user_id uuid"), uuid4()
    stack.sql(f"grant insert on public.{name} to authenticated")
    data = f"id,user_id\n1,{uuid4()}\n".encode()
    assert stack.run_as(user, data, name)["rows_loaded"] == 1
    stack.sql(OWN_ROWS.format(name, BELONGS_TO_USER))
    assert stack.run_as(user, data, name)["error_code"] == "IJ421"
    stack.sql(f"alter table public.{name} force row level security")
    assert stack.run_as(user, data, name)["error_code"] == "IJ421"
