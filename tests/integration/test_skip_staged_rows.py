"""importer.skip_staged_rows: staged rows are counted as skipped instead of loaded, and the counts still add up."""

import pytest

from tests.integration.queue_harness import Claim, Queue, raises


@pytest.fixture
def claim(queue: Queue) -> Claim:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim, 0, loaded=3)
    queue.commit(claim, 1, loaded=2, skipped=1)
    queue.commit(claim, 2, loaded=0, skipped=1)
    queue.commit(claim, 3, loaded=4)
    return claim


def skip(queue: Queue, claim: Claim, rows: int) -> None:
    queue.processor.execute("select importer.skip_staged_rows(%s, %s, %s)", [claim.id, claim.token, rows])


def ledger(queue: Queue) -> list[tuple[int, int]]:
    return queue.admin.execute("select rows_loaded, rows_skipped from importer.job_chunks order by seq").fetchall()


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (0, [(3, 0), (2, 1), (0, 1), (4, 0)]),
        (1, [(3, 0), (2, 1), (0, 1), (3, 1)]),
        (4, [(3, 0), (2, 1), (0, 1), (0, 4)]),
        (5, [(3, 0), (1, 2), (0, 1), (0, 4)]),
        (9, [(0, 3), (0, 3), (0, 1), (0, 4)]),
    ],
)
def test_rows_are_taken_from_the_last_chunk_first(
    queue: Queue, claim: Claim, passed: int, expected: list[tuple[int, int]]
) -> None:
    skip(queue, claim, passed)
    assert ledger(queue) == expected
    assert queue.row(claim.id, "rows_read", "rows_loaded", "rows_skipped") == (11, 9 - passed, 2 + passed)


def test_job_can_be_completed_afterwards(queue: Queue, claim: Claim) -> None:
    skip(queue, claim, 5)
    queue.finish(claim, 11)
    assert queue.row(claim.id, "status", "rows_loaded", "rows_skipped") == ("completed", 4, 7)


def test_more_rows_than_were_loaded_raise_ij902(queue: Queue, claim: Claim) -> None:
    before = ledger(queue)
    with raises("IJ902"):
        skip(queue, claim, 10)
    assert ledger(queue) == before
    assert queue.row(claim.id, "rows_loaded") == 9


def test_job_without_chunks_can_skip_no_rows(queue: Queue) -> None:
    claim = queue.running()
    skip(queue, claim, 0)
    with raises("IJ902"):
        skip(queue, claim, 1)


def test_ledger_of_another_job_is_unchanged(queue: Queue, claim: Claim) -> None:
    other = queue.running()
    queue.open(other)
    queue.commit(other, 0, loaded=2)
    skip(queue, other, 1)
    assert ledger(queue).count((1, 1)) == 1
    assert queue.row(claim.id, "rows_loaded") == 9


def test_without_a_lease_ij103_is_raised(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        skip(queue, claim, 1)
    assert queue.row(claim.id, "rows_loaded") == 9
