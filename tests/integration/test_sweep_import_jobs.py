"""importer.sweep_import_jobs: takes back lost jobs, fails those without attempts left, and rings for due jobs."""

from tests.integration.queue_harness import Queue


def test_lost_lease_puts_the_job_back(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    assert queue.sweep() == [(claim.id, "lease_lost")]
    assert queue.row(claim.id, "status", "attempts", "error_code") == ("pending", 1, None)


def test_running_job_without_any_lease_is_lost(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("delete from importer.job_leases")
    assert queue.sweep() == [(claim.id, "lease_lost")]


def test_lost_job_waits_before_the_next_attempt(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    before = queue.value("select clock_timestamp()")
    queue.sweep()
    wait = queue.row(claim.id, "run_after") - before
    assert wait.total_seconds() >= 0
    assert (queue.row(claim.id, "run_after") - queue.value("select clock_timestamp()")).total_seconds() <= 2


def test_lost_lease_writes_an_event(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    queue.sweep()
    assert queue.events(claim.id) == ["pending", "running", "lease_lost", "pending"]


def test_job_with_a_valid_lease_is_not_swept(queue: Queue) -> None:
    claim = queue.running()
    assert queue.sweep() == []
    assert queue.row(claim.id, "status") == "running"


def test_lost_job_without_attempts_left_fails_with_ij104(queue: Queue) -> None:
    claim = queue.running(max_attempts=1)
    queue.expire(claim)
    assert queue.sweep() == [(claim.id, "attempts_used_up")]
    assert queue.row(claim.id, "status", "phase", "error_code") == ("failed", None, "IJ104")
    assert queue.row(claim.id, "error_message") == "the processor was lost in each of 1 attempts"
    assert queue.row(claim.id, "finished_at") is not None


def test_file_that_crashes_every_processor_fails(queue: Queue) -> None:
    job = queue.insert(max_attempts=3)
    for _ in range(3):
        queue.make_due(job)
        (claim,) = queue.claim()
        queue.expire(claim)
        queue.sweep()
    assert queue.row(job, "status", "attempts", "error_code") == ("failed", 3, "IJ104")
    assert queue.claim() == []


def test_lost_job_keeps_its_loaded_rows(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim, 0, loaded=3)
    queue.expire(claim)
    queue.sweep()
    assert queue.row(claim.id, "rows_loaded", "chunks_done", "file_etag") == (3, 1, "e1")


def test_token_of_a_lost_lease_stays_refused_after_the_next_claim(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    queue.sweep()
    queue.make_due(claim.id)
    (successor,) = queue.claim()
    assert successor.token != claim.token
    assert queue.value("select count(*) from importer.job_leases where token = %s", claim.token) == 0


def test_cancelled_job_is_never_revived(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    queue.admin.execute("update public.import_jobs set status = 'cancelled'")
    assert queue.sweep() == []
    assert queue.row(claim.id, "status") == "cancelled"


def test_pending_jobs_that_are_due_are_rung_for(queue: Queue) -> None:
    job = queue.insert()
    assert queue.sweep() == [(job, "rung")]


def test_pending_job_that_is_not_due_is_not_rung_for(queue: Queue) -> None:
    queue.insert(run_after="2100-01-01")
    assert queue.sweep() == []


def test_one_sweep_rings_once_for_any_number_of_jobs(queue: Queue) -> None:
    lost = [queue.running(target=f"lost{number}") for number in range(3)]
    for claim in lost:
        queue.expire(claim)
    for number in range(20):
        queue.insert(target=f"due{number}")
    queue.admin.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
    with queue.processor.transaction(force_rollback=True):
        before = rings(queue)
        queue.sweep()
        assert rings(queue) == before + 1


def test_sweep_without_due_jobs_does_not_ring(queue: Queue) -> None:
    queue.admin.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
    with queue.processor.transaction(force_rollback=True):
        before = rings(queue)
        queue.sweep()
        assert rings(queue) == before


def rings(queue: Queue) -> int:
    """Return the number of requests that the processor's transaction has queued."""
    return queue.processor.execute("select count(*) from net.http_request_queue").fetchone()[0]


def test_sweep_succeeds_if_the_ring_fails(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    job = queue.insert(target="cities")  # nothing is configured: the ring is a warning
    assert queue.sweep() == [(claim.id, "lease_lost"), (job, "rung")]


def test_locked_job_is_skipped(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    with queue.db.connect() as other, other.transaction():
        other.execute("select from public.import_jobs for update")
        assert queue.sweep() == []
    assert queue.sweep() == [(claim.id, "lease_lost")]
