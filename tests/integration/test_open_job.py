"""importer.open_job: the first attempt stores the identity of the file, later attempts must find the same file."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Claim, Queue, raises

PEOPLE = "create schema app; create table app.people (name text); select importer.register_target('app.people')"


def test_open_writes_the_identity_and_sets_phase_loading(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim, "e1", 100)
    row = queue.row(claim.id, "phase", "file_etag", "bytes_total", "dialect")
    assert row == ("loading", "e1", 100, {"delimiter": ","})


def test_open_of_a_new_job_returns_an_empty_ledger(queue: Queue) -> None:
    assert queue.open(queue.running()) == []


def test_later_commits_wait_for_the_disk_again(queue: Queue) -> None:
    queue.processor.execute("set synchronous_commit = on")
    queue.open(queue.running())
    assert queue.processor.execute("show synchronous_commit").fetchone() == ("on",)


def test_open_returns_the_ledger_in_order(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim, 1)
    queue.commit(claim, 0)
    queue.release(claim)
    (successor,) = queue.claim()
    ledger = queue.open(successor)
    assert [(entry["seq"], entry["byte_start"], entry["byte_end"]) for entry in ledger] == [(0, 0, 10), (1, 10, 20)]


def test_resumption_writes_an_event(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim, 0)
    queue.release(claim)
    (successor,) = queue.claim()
    queue.open(successor)
    assert queue.events(claim.id) == ["pending", "running", "released", "pending", "running", "resumed"]


def test_another_etag_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim, "e1")
    with raises("IJ204"):
        queue.open(claim, "e2")


def test_another_size_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim, size=100)
    with raises("IJ204"):
        queue.open(claim, size=101)


def test_file_without_etag_may_be_opened_again(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim, None)
    assert queue.open(claim, None) == []


def test_old_token_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.release(claim)
    queue.claim()
    with raises("IJ103"):
        queue.open(claim)


def test_expired_lease_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    with raises("IJ103"):
        queue.open(claim)


def staged(queue: Queue, options: dict[str, object]) -> Claim:
    """Return the claim of a job with these options that has a staging table."""
    queue.admin.execute(PEOPLE)
    claim = queue.running(options=Jsonb(options))
    queue.open(claim)
    queue.processor.execute("select importer.prepare_staging_table(%s, %s, %s)", [claim.id, claim.token, ["name"]])
    return claim


def again(queue: Queue, claim: Claim) -> Claim:
    """Return the claim of the next attempt at a job."""
    queue.release(claim)
    (successor,) = queue.claim()
    return successor


def test_an_attempt_that_begins_the_file_has_no_stage_of_an_earlier_one(queue: Queue) -> None:
    claim = again(queue, staged(queue, {"on_error": "abort"}))
    queue.admin.execute("update public.import_jobs set options = '{}'")
    queue.open(claim)
    assert queue.value("select to_regclass('importer.staging_' || %s)", claim.id.hex) is None


@pytest.mark.parametrize("options", [{"on_error": "abort"}, {"atomic": True}, {"dry_run": True}], ids=str)
def test_an_attempt_that_goes_on_keeps_its_stage(queue: Queue, options: dict[str, object]) -> None:
    claim = staged(queue, options)
    assert queue.row(claim.id, "options") == options
    queue.commit(claim)
    queue.open(again(queue, claim))
    assert queue.value("select to_regclass('importer.staging_' || %s) is not null", claim.id.hex)


def test_staged_rows_are_not_forgotten_when_the_default_of_the_target_changes(queue: Queue) -> None:
    queue.admin.execute(PEOPLE)
    queue.admin.execute("""update public.import_targets set options = '{"on_error": "abort"}'""")
    claim = queue.running()
    queue.open(claim)
    queue.processor.execute("select importer.prepare_staging_table(%s, %s, %s)", [claim.id, claim.token, ["name"]])
    queue.commit(claim)
    claim = again(queue, claim)
    assert len(queue.open(claim)) == 1
    queue.admin.execute("update public.import_targets set options = '{}'")
    with raises("IJ504"):
        queue.open(claim)
    queue.fail(claim, code="IJ504")
    assert queue.row(claim.id, "status", "rows_loaded", "rows_skipped") == ("failed", 0, 1)
    queue.admin.execute("update public.import_jobs set status = 'pending'")
    assert queue.row(claim.id, "rows_read", "chunks_done") == (0, 0)
    assert queue.open(queue.claim()[0]) == []


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_staged_rows_of_a_job_that_aborts_count_as_skipped_at_its_end(queue: Queue, status: str) -> None:
    claim = staged(queue, {"on_error": "abort"})
    queue.commit(claim)
    queue.admin.execute(
        "update public.import_jobs set status = %s, error_code = %s", [status, "IJ420" if status == "failed" else None]
    )
    assert queue.row(claim.id, "rows_loaded", "rows_skipped") == (0, 1)
