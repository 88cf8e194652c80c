"""importer.reject_staged_rows: staged rows that the target rejects are counted as rejected instead of loaded."""

import pytest

from processor.queue.rejections import rejected_parameters
from processor.queue.staging import REJECT_STAGED_ROWS
from tests.integration.queue_harness import Claim, Queue, raises, rejected_records


@pytest.fixture
def claim(queue: Queue) -> Claim:
    """Return a job with two chunks: records 1 to 3, of which 3 is rejected already, and records 4 to 5."""
    claim = queue.running()
    queue.open(claim)
    for seq, following, loaded, rejected in ((0, 4, 2, 1), (1, 6, 2, 0)):
        rejections = [rejection(3, "IJ403")] if rejected else []
        queue.commit(
            claim,
            seq,
            loaded=loaded,
            rejected=rejected,
            rejections=rejections,
            next_line=following + 1,
            next_record=following,
        )
    return claim


def rejection(record: int, code: str = "IJ410") -> dict[str, object]:
    return {"record": record, "line": record + 1, "column": None, "code": code, "message": "m", "raw": f"r{record}"}


def reject(queue: Queue, claim: Claim, *records: int, kept: int = 100) -> None:
    rejected = rejected_parameters(rejected_records([rejection(record) for record in records]))
    arguments = {"job_id": claim.id, "token": claim.token, "kept": kept}
    queue.processor.execute(REJECT_STAGED_ROWS, arguments | rejected)


def ledger(queue: Queue) -> list[tuple[int, int]]:
    return queue.admin.execute("select rows_loaded, rows_rejected from importer.job_chunks order by seq").fetchall()


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], [(2, 1), (2, 0)]),
        ([1], [(1, 2), (2, 0)]),
        ([4], [(2, 1), (1, 1)]),
        ([1, 2, 4, 5], [(0, 3), (0, 2)]),
    ],
)
def test_rows_are_rejected_in_their_own_chunk(
    queue: Queue, claim: Claim, records: list[int], expected: list[tuple[int, int]]
) -> None:
    reject(queue, claim, *records)
    assert ledger(queue) == expected
    counted = queue.row(claim.id, "rows_read", "rows_loaded", "rows_rejected")
    assert counted == (5, 4 - len(records), 1 + len(records))


def test_rejections_are_written_with_their_reasons(queue: Queue, claim: Claim) -> None:
    reject(queue, claim, 4)
    rows = queue.admin.execute(
        "select record_number, line_number, code, raw from public.import_job_errors order by record_number"
    )
    assert rows.fetchall() == [(3, 4, "IJ403", "r3"), (4, 5, "IJ410", "r4")]


def test_only_the_first_rejections_are_shown(queue: Queue, claim: Claim) -> None:
    reject(queue, claim, 1, 4, kept=1)
    shown = queue.admin.execute("select record_number from public.import_job_errors order by 1").fetchall()
    kept = queue.admin.execute("select records from importer.job_rejections order by seq, part").fetchall()
    assert (shown, kept) == ([(1,), (3,)], [([3],), ([1],), ([4],)])


def test_rejections_of_the_end_are_read_with_those_of_their_chunk(queue: Queue, claim: Claim) -> None:
    reject(queue, claim, 1, 2, 4, 5)
    cells = queue.processor.execute(
        "select record_number, position, line_number, code, raw from importer.read_rejections(%s, %s)",
        [claim.id, claim.token],
    ).fetchall()
    assert cells == [
        *[(1, 1, 2, "IJ410", "r1"), (2, 1, 3, "IJ410", "r2"), (3, 1, 4, "IJ403", "r3")],
        *[(4, 1, 5, "IJ410", "r4"), (5, 1, 6, "IJ410", "r5")],
    ]
    report = queue.value("select importer.count_rejections_by_code(%s)", claim.id)
    assert report == {"rejected_by_code": {"IJ403": 1, "IJ410": 4}}


def test_job_can_be_completed_afterwards(queue: Queue, claim: Claim) -> None:
    reject(queue, claim, 1, 5)
    queue.finish(claim, 5)
    assert queue.row(claim.id, "status", "rows_loaded", "rows_rejected") == ("completed", 2, 3)


def test_row_is_rejected_once(queue: Queue, claim: Claim) -> None:
    reject(queue, claim, 1)
    with raises("23505"):
        reject(queue, claim, 1)
    assert ledger(queue) == [(1, 2), (2, 0)]


def test_without_a_lease_ij103_is_raised(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        reject(queue, claim, 1)
    assert ledger(queue) == [(2, 1), (2, 0)]
