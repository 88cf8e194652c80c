"""importer.open_job: the first attempt stores the identity of the file, later attempts must find the same file."""

from tests.integration.queue_harness import Queue, raises


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
