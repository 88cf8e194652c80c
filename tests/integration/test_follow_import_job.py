"""What follows from a transition: a retry keeps what is in, a cancellation ends the lease, each is an event."""

from uuid import UUID

from tests.integration.queue_harness import OWNER, Queue, refused

STATES = ("pending", "running", "completed", "failed", "cancelled")
UPDATE = "update public.import_jobs set status = %s where id = %s"


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
