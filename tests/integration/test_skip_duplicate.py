"""importer.skip_duplicate: a duplicate completes and names the first job."""

from uuid import UUID, uuid4

from tests.integration.queue_harness import Claim, Queue, raises


def skip(queue: Queue, claim: Claim, first: UUID) -> None:
    queue.processor.execute("select importer.skip_duplicate(%s, %s, %s)", [claim.id, claim.token, first])


def test_duplicate_completes_without_rows(queue: Queue) -> None:
    first = queue.job_that_is("completed")
    claim = queue.running()
    skip(queue, claim, first)
    assert queue.row(claim.id, "status", "duplicate_of", "progress") == ("completed", first, 100)
    assert queue.row(claim.id, "rows_read", "rows_loaded", "chunks_done", "total_chunks") == (0, 0, 0, 0)
    assert queue.row(claim.id, "report") == {"duplicate_of": str(first)}


def test_bytes_are_those_of_the_file_when_it_was_opened(queue: Queue) -> None:
    first = queue.job_that_is("completed")
    claim = queue.running()
    queue.open(claim, size=7)
    skip(queue, claim, first)
    assert queue.row(claim.id, "bytes_read", "bytes_total") == (7, 7)


def test_lease_ends_and_the_event_is_written(queue: Queue) -> None:
    first = queue.job_that_is("completed")
    claim = queue.running()
    skip(queue, claim, first)
    assert queue.value("select count(*) from importer.job_leases") == 0
    assert queue.events(claim.id)[-1] == "completed"


def test_first_job_may_have_been_deleted(queue: Queue) -> None:
    gone = uuid4()
    claim = queue.running()
    skip(queue, claim, gone)
    assert queue.row(claim.id, "status", "duplicate_of", "report") == ("completed", None, {"duplicate_of": str(gone)})


def test_without_a_lease_ij103_is_raised(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    with raises("IJ103"):
        skip(queue, claim, uuid4())
    assert queue.row(claim.id, "status") == "running"
