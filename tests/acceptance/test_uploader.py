"""A job of a user runs with the privileges of the user: row security, grants, defaults and triggers apply."""

from uuid import UUID, uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import table

NOTES = "id integer primary key, user_id uuid not null default auth.uid(), note text"


@pytest.fixture
def user() -> UUID:
    """The id of a user of this test's own."""
    return uuid4()


def notes(stack: Stack, **registered: object) -> str:
    """Create a target whose rows belong to users; return its name."""
    return table(stack, NOTES, **registered)


def test_rows_get_the_users_id_by_the_tables_own_default(stack: Stack, user: UUID) -> None:
    name = notes(stack)
    job = stack.run_as(user, b"id,note\n1,a\n2,b\n", name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rows(name, "id, user_id") == [(1, user), (2, user)]


def test_rows_of_another_user_are_rejected_one_by_one(stack: Stack, user: UUID) -> None:
    name = notes(stack)
    other = uuid4()
    job = stack.run_as(user, f"id,user_id\n1,{user}\n2,{other}\n3,{user}\n4,{other}\n".encode(), name)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 2, 2)
    assert stack.rejections(job) == [(3, None, "IJ604"), (5, None, "IJ604")]
    assert stack.rows(name, "id, user_id") == [(1, user), (3, user)]


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_owner_column_never_comes_from_the_file(stack: Stack, user: UUID, options: dict[str, object]) -> None:
    name = notes(stack, owner_column="user_id")
    job = stack.run_as(user, f"id,user_id,note\n1,{uuid4()},a\n2,,b\n".encode(), name, options)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rows(name, "id, user_id") == [(1, user), (2, user)]
    assert job["report"]["ignored_headers"] == ["user_id"]


def test_upsert_does_not_touch_rows_of_another_user(stack: Stack, user: UUID) -> None:
    name = notes(stack, mode="upsert", owner_column="user_id")
    stack.run_as(other := uuid4(), b"id,note\n1,theirs\n", name)
    job = stack.run_as(user, b"id,note\n1,mine\n2,mine\n", name)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 1)
    assert stack.rejections(job) == [(2, None, "IJ604")]
    assert stack.rows(name, "id, user_id, note") == [(1, other, "theirs"), (2, user, "mine")]


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_upsert_by_the_processor_does_not_touch_rows_of_another_user(
    stack: Stack, user: UUID, options: dict[str, object]
) -> None:
    name = notes(stack, mode="upsert", owner_column="user_id", run_as="processor")
    stack.run_as(other := uuid4(), b"id,note\n1,theirs\n", name)
    job = stack.run_as(user, b"id,note\n1,mine\n2,mine\n", name, options)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 1)
    assert stack.rejections(job) == [(2, None, "IJ604")]
    assert stack.rows(name, "id, user_id, note") == [(1, other, "theirs"), (2, user, "mine")]


def test_replace_exchanges_only_the_rows_of_the_user(stack: Stack, user: UUID) -> None:
    name = notes(stack, mode="replace", owner_column="user_id")
    stack.run_as(other := uuid4(), b"id,note\n1,theirs\n", name)
    stack.run_as(user, b"id,note\n2,old\n3,old\n", name)
    job = stack.run_as(user, b"id,note\n3,new\n4,new\n", name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rows(name, "id, user_id, note") == [(1, other, "theirs"), (3, user, "new"), (4, user, "new")]
    stack.sql("select importer.undo_import_job(%s)", job["id"])
    assert stack.rows(name, "id, note") == [(1, "theirs"), (2, "old"), (3, "old")]


def test_user_may_not_replace_a_whole_table(stack: Stack, user: UUID) -> None:
    name = notes(stack, mode="replace")
    job = stack.run_as(user, b"id,note\n3,new\n", name)
    assert (job["status"], job["error_code"]) == ("failed", "IJ601")


def test_atomic_job_rejects_rows_of_another_user_at_the_end(stack: Stack, user: UUID) -> None:
    name = notes(stack)
    job = stack.run_as(user, f"id,user_id\n1,{user}\n2,{uuid4()}\n".encode(), name, {"atomic": True})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 1)
    assert stack.rejections(job) == [(3, None, "IJ604")]


@pytest.mark.parametrize("secured", [True, False])
def test_missing_grant_ends_the_job_before_the_first_row(stack: Stack, user: UUID, secured: bool) -> None:
    name = notes(stack)
    stack.sql(f"revoke insert on public.{name} from authenticated")
    if not secured:
        stack.sql(f"alter table public.{name} disable row level security")
    job = stack.run_as(user, b"id,note\n1,a\n", name)
    assert (job["status"], job["error_code"], job["rows_read"]) == ("failed", "IJ603", 0)
    assert "insert" in job["error_message"]


def test_table_without_row_security_accepts_what_its_grants_allow(stack: Stack, user: UUID) -> None:
    name = stack.table("id integer primary key, who text default current_user, user_id uuid default auth.uid()")
    stack.sql(f"grant insert (id) on public.{name} to authenticated")
    job = stack.run_as(user, b"id\n1\n2\n", name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rows(name) == [(1, "authenticated", user), (2, "authenticated", user)]


def test_processor_writes_where_the_target_says_so(stack: Stack, user: UUID) -> None:
    name = notes(stack, run_as="processor")
    stack.sql(f"revoke all on public.{name} from authenticated")
    job = stack.run_as(user, b"id,note\n1,a\n", name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 1)
    assert stack.rows(name, "id, user_id") == [(1, user)]


def test_policies_see_the_claims_that_the_target_lists(stack: Stack, user: UUID) -> None:
    name = table(stack, "id integer primary key, team text", "team = (select auth.jwt() ->> 'team')")
    data = b"id,team\n1,red\n2,blue\n"
    unlisted = stack.run_as(user, data, name, team="red")
    assert (unlisted["status"], unlisted["error_code"]) == ("failed", "IJ421")
    stack.sql("update public.import_targets set claims = '{team}' where name = %s", name)
    listed = stack.run_as(user, data, name, team="red")
    assert (listed["status"], listed["rows_loaded"], listed["rows_rejected"]) == ("completed", 1, 1)


def test_user_may_not_import_into_a_target_for_others(stack: Stack, user: UUID) -> None:
    name = notes(stack)
    path = stack.upload(b"id\n1\n", folder=user)
    job = stack.insert_as(user, path, name, {}, team="red")
    stack.wait(job)
    stack.sql("update public.import_targets set allowed_when = %s where name = %s", "claims ->> 'team' = 'red'", name)
    stack.sql("update public.import_jobs set status = 'cancelled' where id = %s and status = 'pending'", job)
    with pytest.raises(Exception, match="may not import into this target") as caught:
        stack.insert_as(user, path, name, {}, team="red")
    assert caught.value.sqlstate == "IJ601"  # the job would not keep a claim that the target does not list
    stack.sql("update public.import_targets set claims = '{team}' where name = %s", name)
    assert stack.wait(stack.insert_as(user, path, name, {}, team="red"))["error_code"] in (None, "IJ421")
