"""importer.release_job: a graceful stop does not cost an attempt."""

from tests.integration.queue_harness import Queue, raises


def test_job_is_pending_again_without_the_attempt(queue: Queue) -> None:
    claim = queue.running()
    queue.release(claim)
    assert queue.row(claim.id, "status", "phase", "attempts") == ("pending", None, 0)


def test_job_can_be_claimed_at_once(queue: Queue) -> None:
    claim = queue.running()
    queue.release(claim)
    assert [again.id for again in queue.claim()] == [claim.id]


def test_release_ends_the_lease(queue: Queue) -> None:
    queue.release(queue.running())
    assert queue.value("select count(*) from importer.job_leases") == 0


def test_committed_chunks_stay_committed(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim, 0, loaded=3)
    queue.release(claim)
    assert queue.row(claim.id, "rows_loaded", "chunks_done", "file_etag") == (3, 1, "e1")
    assert queue.value("select count(*) from importer.job_chunks") == 1


def test_release_rings_for_another_processor(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
    with queue.processor.transaction(force_rollback=True):
        before = rings(queue)
        queue.release(claim)
        assert rings(queue) == before + 1


def rings(queue: Queue) -> int:
    """Return the number of requests that the processor's transaction has queued."""
    return queue.processor.execute("select count(*) from net.http_request_queue").fetchone()[0]


def test_old_token_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.release(claim)
    queue.claim()
    with raises("IJ103"):
        queue.release(claim)
    assert queue.row(claim.id, "status") == "running"


def test_cancelled_job_is_not_revived(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("update public.import_jobs set status = 'cancelled'")
    with raises("IJ103"):
        queue.release(claim)
    assert queue.row(claim.id, "status") == "cancelled"
