"""importer.fail_job: a permanent cause ends the job; after a transient one it is retried while attempts are left."""

import pytest

from tests.integration.queue_harness import Queue, raises


def test_permanent_cause_fails_the_job_with_its_reason(queue: Queue) -> None:
    claim = queue.running()
    assert queue.fail(claim) == "failed"
    row = queue.row(claim.id, "status", "phase", "error_code", "error_message", "error_hint")
    assert row == ("failed", None, "IJ301", "a sentence", "a hint")
    assert queue.row(claim.id, "finished_at") is not None


def test_failure_ends_the_lease(queue: Queue) -> None:
    queue.fail(queue.running())
    assert queue.value("select count(*) from importer.job_leases") == 0


def test_transient_cause_puts_the_job_back_without_an_error(queue: Queue) -> None:
    claim = queue.running()
    assert queue.fail(claim, transient=True, code="IJ203") == "pending"
    assert queue.row(claim.id, "status", "attempts", "error_code", "finished_at") == ("pending", 1, None, None)


def test_transient_cause_is_an_event_with_code_and_wait(queue: Queue) -> None:
    claim = queue.running()
    queue.fail(claim, transient=True, code="IJ203")
    detail = queue.value("select detail from public.import_job_events where event = 'retry_scheduled'")
    assert detail["error_code"] == "IJ203"
    assert 0 <= detail["seconds"] <= 2


def test_transient_cause_waits_before_the_next_attempt(queue: Queue) -> None:
    claim = queue.running()
    before = queue.value("select clock_timestamp()")
    queue.fail(claim, transient=True)
    after = queue.value("select clock_timestamp()")
    assert before <= queue.row(claim.id, "run_after")
    assert (queue.row(claim.id, "run_after") - after).total_seconds() <= 2


def test_transient_cause_fails_the_job_at_the_last_attempt(queue: Queue) -> None:
    claim = queue.running(max_attempts=1)
    assert queue.fail(claim, transient=True, code="IJ203") == "failed"
    assert queue.row(claim.id, "error_code") == "IJ203"


def test_transient_causes_use_up_the_attempts(queue: Queue) -> None:
    job = queue.insert(max_attempts=3)
    outcomes = []
    for _ in range(3):
        queue.make_due(job)
        (claim,) = queue.claim()
        outcomes.append(queue.fail(claim, transient=True))
    assert outcomes == ["pending", "pending", "failed"]


def test_loaded_rows_stay_loaded_and_counted(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim, 0, loaded=3)
    queue.fail(claim, transient=True)
    assert queue.row(claim.id, "rows_loaded", "chunks_done", "file_etag") == (3, 1, "e1")


def test_report_of_a_failed_job_is_stored(queue: Queue) -> None:
    claim = queue.running()
    queue.fail(claim, code="IJ420", report={"rows": 3})
    assert queue.row(claim.id, "report") == {"rows": 3}


def test_old_token_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.release(claim)
    queue.claim()
    with raises("IJ103"):
        queue.fail(claim)
    assert queue.row(claim.id, "status") == "running"


def test_cancelled_job_is_not_revived(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("update public.import_jobs set status = 'cancelled'")
    with raises("IJ103"):
        queue.fail(claim, transient=True)
    assert queue.row(claim.id, "status") == "cancelled"


@pytest.mark.parametrize(("attempt", "ceiling"), [(0, 2), (1, 2), (2, 4), (5, 32), (9, 300), (100, 300)])
def test_backoff_is_between_zero_and_its_ceiling(queue: Queue, attempt: int, ceiling: int) -> None:
    low, high = queue.admin.execute(
        "with waits as (select extract(epoch from importer.backoff(%s)) as s from generate_series(1, 500))"
        " select min(s), max(s) from waits",
        [attempt],
    ).fetchone()
    assert 0 <= low < ceiling / 4
    assert ceiling * 3 / 4 < high <= ceiling
