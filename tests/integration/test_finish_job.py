"""importer.finish_job: a job completes only if the ledger, its counters and the processor's count of records agree."""

import threading
import time

import psycopg
import pytest

from tests.integration.queue_harness import Claim, Queue, raises


@pytest.fixture
def claim(queue: Queue) -> Claim:
    claim = queue.running()
    queue.open(claim)
    return claim


def test_finish_completes_the_job(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    queue.finish(claim, 1)
    assert queue.row(claim.id, "status", "phase", "progress") == ("completed", None, 100)
    assert queue.row(claim.id, "finished_at") is not None


def test_finish_writes_hash_report_and_paths(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    queue.finish(claim, 1)
    row = queue.row(claim.id, "file_sha256", "report", "total_chunks", "bytes_read")
    assert row == ("00", {"seconds": 1}, 1, 100)


def test_finish_ends_the_lease(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    queue.finish(claim, 1)
    assert queue.value("select count(*) from importer.job_leases") == 0


@pytest.mark.parametrize("records", [0, 2])
def test_another_number_of_records_is_refused(queue: Queue, claim: Claim, records: int) -> None:
    queue.commit(claim, 0)
    with raises("IJ902"):
        queue.finish(claim, records)
    assert queue.row(claim.id, "status") == "running"


def test_ledger_with_a_gap_is_refused(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    queue.commit(claim, 2)
    with raises("IJ902"):
        queue.finish(claim, 2)


def test_ledger_that_overlaps_is_refused(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    queue.commit(claim, 1, start=5)
    with raises("IJ902"):
        queue.finish(claim, 2)


def test_counters_that_differ_from_the_ledger_are_refused(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    queue.admin.execute("update public.import_jobs set rows_read = 2, rows_loaded = 2")
    with raises("IJ902"):
        queue.finish(claim, 2)


def test_first_chunk_may_start_below_a_header(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0, start=37)
    queue.finish(claim, 1)
    assert queue.row(claim.id, "status") == "completed"


def test_old_token_is_refused(queue: Queue, claim: Claim) -> None:
    queue.release(claim)
    queue.claim()
    with raises("IJ103"):
        queue.finish(claim, 0)


def test_expired_lease_is_refused(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        queue.finish(claim, 0)


def test_cancelled_job_is_not_revived(queue: Queue, claim: Claim) -> None:
    queue.admin.execute("update public.import_jobs set status = 'cancelled'")
    with raises("IJ103"):
        queue.finish(claim, 0)
    assert queue.row(claim.id, "status") == "cancelled"


def waits_for_a_lock(queue: Queue, pid: int) -> bool:
    return queue.value("select cardinality(pg_blocking_pids(%s)) > 0", pid)


def until_waiting(queue: Queue, conn: psycopg.Connection) -> None:
    """Wait until the statement of the connection is waiting for a lock."""
    deadline = time.monotonic() + 10
    while not waits_for_a_lock(queue, conn.info.backend_pid):
        assert time.monotonic() < deadline, "it never waited"
        time.sleep(0.005)


def test_cancellation_that_meets_the_finish_wins_without_a_deadlock(queue: Queue, claim: Claim) -> None:
    """Both lock the job's row and its lease; in different orders, one of them would fail with 40P01."""
    outcome: list[str | None] = []

    def finish() -> None:
        try:
            queue.finish(claim, 0)
        except psycopg.Error as exc:
            outcome.append(exc.sqlstate)

    with queue.db.connect() as holder, queue.db.connect() as client:
        with holder.transaction():
            holder.execute("select from public.import_jobs for update")
            cancel = "update public.import_jobs set status = 'cancelled'"
            canceller = threading.Thread(target=client.execute, args=[cancel])
            canceller.start()
            until_waiting(queue, client)
            finisher = threading.Thread(target=finish)
            finisher.start()
            until_waiting(queue, queue.processor)
        canceller.join()
        finisher.join()
    assert outcome == ["IJ103"]
    assert queue.row(claim.id, "status") == "cancelled"
