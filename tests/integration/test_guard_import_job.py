"""importer.guard_import_job: the transitions of the state machine, and who may make them."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

STATES = ("pending", "running", "completed", "failed", "cancelled")
CLIENTS = {("pending", "cancelled"), ("running", "cancelled"), ("failed", "pending"), ("cancelled", "pending")}
PROCESSORS = {("pending", "running"), ("running", "completed"), ("running", "failed"), ("running", "pending")}
OTHERS = [(old, new) for old in STATES for new in STATES if old != new and (old, new) not in CLIENTS]
IMPOSSIBLE = [pair for pair in OTHERS if pair not in PROCESSORS | {("pending", "failed")}]
UPDATE = "update public.import_jobs set status = %s where id = %s"


@contextmanager
def client(queue: Queue, role: str) -> Iterator[psycopg.Connection]:
    with queue.user(OWNER) if role == "owner" else queue.db.connect("service_role") as conn:
        yield conn


@pytest.mark.parametrize("role", ["owner", "service_role"])
@pytest.mark.parametrize(("old", "new"), sorted(CLIENTS))
def test_client_cancels_and_retries_by_update(queue: Queue, role: str, old: str, new: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with client(queue, role) as conn:
        assert conn.execute(UPDATE, [new, job]).rowcount == 1
    assert queue.row(job, "status") == new


@pytest.mark.parametrize("role", ["owner", "service_role"])
@pytest.mark.parametrize(("old", "new"), OTHERS)
def test_client_can_make_no_other_transition(queue: Queue, role: str, old: str, new: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with client(queue, role) as conn, raises("IJ101"):
        conn.execute(UPDATE, [new, job])
    assert queue.row(job, "status") == old


@pytest.mark.parametrize(("old", "new"), IMPOSSIBLE)
def test_administrator_cannot_make_an_impossible_transition(queue: Queue, old: str, new: str) -> None:
    job = queue.job_that_is(old)
    with raises("IJ101"):
        queue.admin.execute(UPDATE, [new, job])


@pytest.mark.parametrize(("old", "new"), sorted(CLIENTS))
def test_administrator_cancels_and_retries_by_update(queue: Queue, old: str, new: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    queue.admin.execute(UPDATE, [new, job])
    assert queue.row(job, "status") == new


def test_administrator_fails_a_pending_job_with_a_code(queue: Queue) -> None:
    job = queue.insert()
    queue.admin.execute("update public.import_jobs set status = 'failed', error_code = 'IJ901' where id = %s", [job])
    assert queue.row(job, "status", "error_code") == ("failed", "IJ901")


def test_failed_job_without_a_code_is_refused(queue: Queue) -> None:
    job = queue.insert()
    with raises("23514"):
        queue.admin.execute(UPDATE, ["failed", job])


@pytest.mark.parametrize("role", ["owner", "service_role"])
@pytest.mark.parametrize("old", ["pending", "running"])
def test_function_cancels(queue: Queue, role: str, old: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with client(queue, role) as conn:
        assert conn.execute("select status from public.cancel_import_job(%s)", [job]).fetchone() == ("cancelled",)


@pytest.mark.parametrize("role", ["owner", "service_role"])
@pytest.mark.parametrize("old", ["failed", "cancelled"])
def test_function_retries(queue: Queue, role: str, old: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with client(queue, role) as conn:
        assert conn.execute("select status from public.retry_import_job(%s)", [job]).fetchone() == ("pending",)


@pytest.mark.parametrize("old", ["completed", "failed"])
def test_function_does_not_cancel_an_ended_job(queue: Queue, old: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with queue.user(OWNER) as conn, raises("IJ101"):
        conn.execute("select public.cancel_import_job(%s)", [job])


@pytest.mark.parametrize("old", ["running", "completed"])
def test_function_does_not_retry_a_job_that_has_not_failed(queue: Queue, old: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with queue.user(OWNER) as conn, raises("IJ101"):
        conn.execute("select public.retry_import_job(%s)", [job])


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_function_does_not_find_a_job_of_another_tenant(queue: Queue, function: str) -> None:
    job = queue.job_that_is("failed" if "retry" in function else "pending", created_by=OWNER)
    with queue.user(OTHER) as conn, raises("IJ108"):
        conn.execute(f"select public.{function}(%s)", [job])


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_function_raises_for_an_unknown_job(queue: Queue, function: str) -> None:
    with queue.user() as conn, raises("IJ108"):
        conn.execute(f"select public.{function}(gen_random_uuid())")


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_anon_may_call_no_function(queue: Queue, function: str) -> None:
    with queue.db.connect("anon") as conn, raises("42501"):
        conn.execute(f"select public.{function}(gen_random_uuid())")


def test_other_tenants_update_finds_no_row(queue: Queue) -> None:
    job = queue.insert(created_by=OWNER)
    with queue.user(OTHER) as conn:
        assert conn.execute(UPDATE, ["cancelled", job]).rowcount == 0


@pytest.mark.parametrize("status", STATES)
def test_update_that_keeps_the_status_changes_nothing(queue: Queue, status: str) -> None:
    job = queue.job_that_is(status, created_by=OWNER)
    before = (queue.row(job, "attempts", "finished_at", "error_code", "phase"), queue.events(job))
    with queue.user(OWNER) as conn:
        conn.execute(UPDATE, [status, job])
    assert (queue.row(job, "attempts", "finished_at", "error_code", "phase"), queue.events(job)) == before


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_retry_keeps_the_schedule_of_a_job_that_has_not_started(queue: Queue, status: str) -> None:
    job = queue.insert(created_by=OWNER, run_after="2100-01-01")
    code = "IJ105" if status == "failed" else None
    queue.admin.execute("update public.import_jobs set status = %s, error_code = %s where id = %s", [status, code, job])
    with queue.user() as conn:
        conn.execute(UPDATE, ["pending", job])
    assert queue.row(job, "run_after").year == 2100


def test_retry_of_a_job_whose_schedule_has_passed_is_due_at_once(queue: Queue) -> None:
    job = queue.job_that_is("cancelled", created_by=OWNER, run_after="2026-01-01")
    queue.admin.execute(UPDATE, ["pending", job])
    assert [claim.id for claim in queue.claim()] == [job]


def test_retry_of_a_job_that_has_started_ends_its_back_off(queue: Queue) -> None:
    claim = queue.running(created_by=OWNER)
    queue.fail(claim, transient=True, code="IJ501")
    queue.admin.execute("update public.import_jobs set run_after = '2100-01-01' where id = %s", [claim.id])
    queue.admin.execute(UPDATE, ["cancelled", claim.id])
    queue.admin.execute(UPDATE, ["pending", claim.id])
    assert [again.id for again in queue.claim()] == [claim.id]
