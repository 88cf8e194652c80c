"""Supervisors, whom the setting supervisor_when names: they see all jobs and figures, and cancel and retry them."""

import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

CONDITION = "claims -> 'app_metadata' ->> 'imports' = 'supervisor'"
CLAIMS = {"sub": str(UUID(int=0xC0FFEE)), "app_metadata": {"imports": "supervisor"}}
SEEN = "select count(*) from public.import_jobs"


@pytest.fixture
def supervisor(queue: Queue) -> Iterator[psycopg.Connection]:
    set_condition(queue, CONDITION)
    with queue.db.connect("authenticated", CLAIMS) as conn:
        yield conn


def set_condition(queue: Queue, condition: str) -> None:
    queue.admin.execute(
        "insert into importer.settings (name, value) values ('supervisor_when', %s)"
        " on conflict (name) do update set value = excluded.value",
        [condition],
    )


def everybodys(queue: Queue) -> list[UUID]:
    return [queue.insert(created_by=owner) for owner in (OWNER, OTHER, None)]


def test_supervisor_sees_jobs_events_and_rejections_of_all(queue: Queue, supervisor: psycopg.Connection) -> None:
    everybodys(queue)
    queue.admin.execute(
        "insert into public.import_job_errors (job_id, record_number, line_number, code, message)"
        " select id, 1, 2, 'IJ403', 'm' from public.import_jobs"
    )
    for table in ("import_jobs", "import_job_events", "import_job_errors", "list_import_jobs()"):
        assert supervisor.execute(f"select count(*) from public.{table}").fetchone() == (3,)


def test_figures_are_about_all(queue: Queue, supervisor: psycopg.Connection) -> None:
    everybodys(queue)
    query = "select jobs from public.import_job_statistics() where day is null and target is null"
    assert supervisor.execute(query).fetchone() == (3,)
    with queue.user() as owner:
        assert owner.execute(query).fetchone() == (1,)


def test_without_the_setting_nobody_is_one(queue: Queue) -> None:
    everybodys(queue)
    with queue.db.connect("authenticated", CLAIMS) as conn:
        assert conn.execute(SEEN).fetchone() == (0,)


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": str(OWNER)},
        {"sub": str(OWNER), "app_metadata": {"imports": "viewer"}},
        {"sub": str(OWNER), "user_metadata": {"imports": "supervisor"}},
    ],
    ids=str,
)
def test_other_users_see_their_own(queue: Queue, supervisor: psycopg.Connection, claims: dict[str, object]) -> None:
    del supervisor
    everybodys(queue)
    with queue.db.connect("authenticated", claims) as conn:
        assert conn.execute(SEEN).fetchone() == (1,)


@pytest.mark.parametrize("claims", [{"app_metadata": {"imports": "supervisor"}}, {"sub": str(UUID(int=0))}], ids=str)
def test_token_without_a_user_sees_nothing(
    queue: Queue, supervisor: psycopg.Connection, claims: dict[str, object]
) -> None:
    """The nil UUID stands for no owner, so a token that names it must not see the jobs without one."""
    del supervisor
    everybodys(queue)
    with queue.db.connect("authenticated", claims) as conn:
        assert conn.execute(SEEN).fetchone() == (0,)


def test_anon_sees_nothing_whatever_it_claims(queue: Queue, supervisor: psycopg.Connection) -> None:
    del supervisor
    with queue.db.connect("anon", CLAIMS) as conn, raises("42501"):
        conn.execute(SEEN)


def test_condition_that_fails_for_a_claim_makes_no_supervisor(queue: Queue) -> None:
    set_condition(queue, "(claims ->> 'level')::integer > 3")
    everybodys(queue)
    for level, seen in (("5", 3), ("1", 1), ("high", 1)):
        with queue.db.connect("authenticated", {"sub": str(OWNER), "level": level}) as conn:
            assert conn.execute(SEEN).fetchone() == (seen,)


@pytest.mark.parametrize("condition", ["no condition", "claims ->", "other ->> 'a' = 'b'"])
def test_condition_that_cannot_be_evaluated_is_refused(queue: Queue, condition: str) -> None:
    with raises("IJ113"):
        set_condition(queue, condition)


def test_supervisor_cancels_retries_and_executes(queue: Queue, supervisor: psycopg.Connection) -> None:
    for job in everybodys(queue):
        for function, status in (("cancel", "cancelled"), ("retry", "pending"), ("execute", "pending")):
            row = supervisor.execute(f"select status from public.{function}_import_job(%s)", [job]).fetchone()
            assert row == (status,)


def test_retry_by_a_supervisor_keeps_the_owners_identity(queue: Queue, supervisor: psycopg.Connection) -> None:
    job = queue.job_that_is("failed", created_by=OWNER)
    supervisor.execute("select public.retry_import_job(%s)", [job])
    claims = queue.value("select claims from importer.job_identities where job_id = %s", job)
    assert (claims["sub"], queue.row(job, "created_by")) == (str(OWNER), OWNER)


def test_supervisor_cannot_say_what_anothers_job_does(queue: Queue, supervisor: psycopg.Connection) -> None:
    for job in (queue.job_that_is("failed"), queue.job_that_is("failed", created_by=OWNER)):
        with raises("IJ102"):
            supervisor.execute("select public.retry_import_job(%s, '{\"delete_source\": true}')", [job])
        assert supervisor.execute("select status from public.retry_import_job(%s)", [job]).fetchone() == ("pending",)


def test_owner_and_service_still_change_options(queue: Queue) -> None:
    job = queue.job_that_is("failed", created_by=OWNER)
    with queue.user() as owner:
        owner.execute("select public.retry_import_job(%s, '{\"trim\": true}')", [job])
    job = queue.job_that_is("failed", created_by=OWNER)
    with queue.db.connect("service_role") as service:
        service.execute("select public.retry_import_job(%s, '{\"trim\": true}')", [job])
    assert queue.row(job, "options") == {"trim": True}


def test_supervisor_inserts_for_nobody_else(supervisor: psycopg.Connection) -> None:
    with raises("42501"):
        supervisor.execute(
            "insert into public.import_jobs (object_path, target, created_by) values ('a/b', 'people', %s)", [OWNER]
        )
    with raises("IJ602"):
        supervisor.execute(f"insert into public.import_jobs (object_path, target) values ('{OWNER}/b', 'people')")


def plan(conn: psycopg.Connection, statement: str) -> str:
    return "\n".join(
        line for (line,) in conn.execute(f"explain (analyze, timing off, summary off, buffers off) {statement}")
    )


def test_policies_use_an_index_and_ask_once(queue: Queue, supervisor: psycopg.Connection) -> None:
    """10,000 jobs of 500 owners: a user's list reads the user's jobs, with the two ends computed once."""
    queue.admin.execute("alter table public.import_jobs disable trigger user")
    queue.admin.execute(
        "insert into public.import_jobs (object_path, target, created_by, status, finished_at)"
        " select 'a', 'people', ('00000000-0000-4000-8000-' || lpad(mod(n, 500)::text, 12, '0'))::uuid, 'completed',"
        " now() from generate_series(1, 10000) as n"
    )
    queue.admin.execute("alter table public.import_jobs enable trigger user")
    queue.admin.execute("analyze public.import_jobs")
    with queue.db.connect("authenticated", {"sub": "00000000-0000-4000-8000-000000000007"}) as user:
        text = plan(user, "select * from public.import_jobs order by created_at desc limit 50")
        assert "Seq Scan" not in text
        assert "import_jobs_visible" in text
        assert len(re.findall(r"^ *InitPlan [0-9]", text, re.MULTILINE)) == 2
        assert user.execute(SEEN).fetchone() == (20,)
    assert supervisor.execute(SEEN).fetchone() == (10000,)
    assert "Seq Scan" not in plan(supervisor, "select * from public.import_jobs where id = gen_random_uuid()")
