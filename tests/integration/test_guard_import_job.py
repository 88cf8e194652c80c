"""The state machine: which transitions exist, whose they are, and what follows from each."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, refused

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
    with client(queue, role) as conn, refused("IJ101"):
        conn.execute(UPDATE, [new, job])
    assert queue.row(job, "status") == old


@pytest.mark.parametrize(("old", "new"), IMPOSSIBLE)
def test_administrator_cannot_make_an_impossible_transition(queue: Queue, old: str, new: str) -> None:
    job = queue.job_that_is(old)
    with refused("IJ101"):
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
    with refused("23514"):
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
def test_function_does_not_cancel_what_has_ended(queue: Queue, old: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with queue.user(OWNER) as conn, refused("IJ101"):
        conn.execute("select public.cancel_import_job(%s)", [job])


@pytest.mark.parametrize("old", ["running", "completed"])
def test_function_does_not_retry_what_has_not_failed(queue: Queue, old: str) -> None:
    job = queue.job_that_is(old, created_by=OWNER)
    with queue.user(OWNER) as conn, refused("IJ101"):
        conn.execute("select public.retry_import_job(%s)", [job])


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_function_knows_no_job_of_another_tenant(queue: Queue, function: str) -> None:
    job = queue.job_that_is("failed" if "retry" in function else "pending", created_by=OWNER)
    with queue.user(OTHER) as conn, refused("IJ108"):
        conn.execute(f"select public.{function}(%s)", [job])


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_function_knows_no_job_that_is_not_there(queue: Queue, function: str) -> None:
    with queue.user() as conn, refused("IJ108"):
        conn.execute(f"select public.{function}(gen_random_uuid())")


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_anon_may_call_no_function(queue: Queue, function: str) -> None:
    with queue.db.connect("anon") as conn, refused("42501"):
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


def failed_with_a_chunk(queue: Queue, chunks: int) -> UUID:
    claim = queue.running(created_by=OWNER)
    queue.open(claim, "e1", 100)
    for seq in range(chunks):
        queue.commit(claim, seq, loaded=2, rejected=1)
    queue.fail(claim)
    return claim.id


def retry(queue: Queue, job: UUID) -> None:
    with queue.user(OWNER) as conn:
        conn.execute("select public.retry_import_job(%s)", [job])


def test_retry_starts_a_new_series_of_attempts_without_the_error(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 1)
    retry(queue, job)
    row = queue.row(job, "attempts", "error_code", "error_message", "error_hint", "finished_at")
    assert row == (0, None, None, None, None)


def test_retry_is_due_at_once(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 1)
    queue.admin.execute("update public.import_jobs set run_after = '2100-01-01'")
    retry(queue, job)
    assert [claim.id for claim in queue.claim()] == [job]


def test_retry_keeps_what_is_in(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 2)
    retry(queue, job)
    assert queue.row(job, "rows_loaded", "rows_rejected", "chunks_done", "bytes_read") == (4, 2, 2, 20)
    (claim,) = queue.claim()
    assert [entry["seq"] for entry in queue.open(claim)] == [0, 1]


def test_retry_keeps_the_files_identity_when_something_is_in(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 1)
    retry(queue, job)
    assert queue.row(job, "file_etag", "bytes_total") == ("e1", 100)


def test_retry_forgets_the_files_identity_when_nothing_is_in(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 0)
    retry(queue, job)
    assert queue.row(job, "file_etag", "bytes_total") == (None, None)


def test_automatic_retry_keeps_the_files_identity(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim, "e1", 100)
    queue.fail(claim, transient=True)
    assert queue.row(claim.id, "file_etag", "bytes_total") == ("e1", 100)


def test_cancelling_a_running_job_ends_its_lease(queue: Queue) -> None:
    claim = queue.running(created_by=OWNER)
    with queue.user(OWNER) as conn:
        conn.execute(UPDATE, ["cancelled", claim.id])
    assert queue.value("select count(*) from importer.job_leases") == 0
    assert queue.row(claim.id, "phase") is None


def test_cancelling_keeps_what_is_in_and_counted(queue: Queue) -> None:
    claim = queue.running(created_by=OWNER)
    queue.open(claim)
    queue.commit(claim, 0, loaded=3)
    with queue.user(OWNER) as conn:
        conn.execute(UPDATE, ["cancelled", claim.id])
    assert queue.row(claim.id, "rows_loaded", "chunks_done") == (3, 1)


def test_cancelled_and_retried_job_refuses_the_first_token(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute(UPDATE, ["cancelled", claim.id])
    queue.admin.execute(UPDATE, ["pending", claim.id])
    queue.claim()
    with refused("IJ103"):
        queue.commit(claim, 0)


def test_every_transition_is_an_event(queue: Queue) -> None:
    job = queue.job_that_is("failed", created_by=OWNER)
    retry(queue, job)
    assert queue.events(job) == ["pending", "running", "failed", "pending"]


def test_event_of_a_failure_has_its_code_and_where_it_came_from(queue: Queue) -> None:
    job = queue.job_that_is("failed")
    detail = queue.value("select detail from public.import_job_events where job_id = %s and event = 'failed'", job)
    assert (detail["from"], detail["error_code"]) == ("running", "IJ301")


def test_ended_job_has_a_time_and_others_have_none(queue: Queue) -> None:
    ended = {}
    for status in STATES:
        queue.admin.execute("delete from public.import_jobs")
        ended[status] = queue.row(queue.job_that_is(status), "finished_at") is not None
    assert [status for status in STATES if ended[status]] == ["completed", "failed", "cancelled"]
