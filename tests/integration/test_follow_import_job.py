"""importer.follow_import_job: a transition writes an event, ends the lease, and keeps what is loaded."""

from uuid import UUID

from tests.integration.queue_harness import OWNER, Queue, raises

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


def test_retry_keeps_loaded_rows(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 2)
    retry(queue, job)
    assert queue.row(job, "rows_loaded", "rows_rejected", "chunks_done", "bytes_read") == (4, 2, 2, 20)
    (claim,) = queue.claim()
    assert [entry["seq"] for entry in queue.open(claim)] == [0, 1]


def test_retry_with_loaded_rows_keeps_the_identity_of_the_file(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 1)
    retry(queue, job)
    assert queue.row(job, "file_etag", "bytes_total") == ("e1", 100)


def test_retry_without_loaded_rows_clears_the_identity_of_the_file(queue: Queue) -> None:
    job = failed_with_a_chunk(queue, 0)
    retry(queue, job)
    assert queue.row(job, "file_etag", "bytes_total") == (None, None)


def test_automatic_retry_keeps_the_identity_of_the_file(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim, "e1", 100)
    queue.fail(claim, transient=True)
    assert queue.row(claim.id, "file_etag", "bytes_total") == ("e1", 100)


def test_cancellation_of_a_running_job_ends_its_lease(queue: Queue) -> None:
    claim = queue.running(created_by=OWNER)
    with queue.user(OWNER) as conn:
        conn.execute(UPDATE, ["cancelled", claim.id])
    assert queue.value("select count(*) from importer.job_leases") == 0
    assert queue.row(claim.id, "phase") is None


def test_cancellation_keeps_loaded_rows_and_counters(queue: Queue) -> None:
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
    with raises("IJ103"):
        queue.commit(claim, 0)


def test_every_transition_writes_an_event(queue: Queue) -> None:
    job = queue.job_that_is("failed", created_by=OWNER)
    retry(queue, job)
    assert queue.events(job) == ["pending", "running", "failed", "pending"]


def test_event_of_a_failure_has_its_code_and_the_earlier_status(queue: Queue) -> None:
    job = queue.job_that_is("failed")
    detail = queue.value("select detail from public.import_job_events where job_id = %s and event = 'failed'", job)
    assert (detail["from"], detail["error_code"]) == ("running", "IJ301")


def test_only_ended_jobs_have_finished_at(queue: Queue) -> None:
    ended = {}
    for status in STATES:
        queue.admin.execute("delete from public.import_jobs")
        ended[status] = queue.row(queue.job_that_is(status), "finished_at") is not None
    assert [status for status in STATES if ended[status]] == ["completed", "failed", "cancelled"]
