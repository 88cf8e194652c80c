"""importer.keep_figures: the ledger keeps the figures of the report for an attempt that resumes."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Claim, Queue, raises


@pytest.fixture
def claim(queue: Queue) -> Claim:
    claim = queue.running()
    queue.open(claim)
    for seq in range(3):
        queue.commit(claim, seq)
    return claim


def keep(queue: Queue, claim: Claim, seq: int, figures: dict[str, object]) -> None:
    queue.processor.execute(
        "select importer.keep_figures(%s, %s, %s, %s)", [claim.id, claim.token, seq, Jsonb(figures)]
    )


def figures(queue: Queue) -> list[object]:
    return [row[0] for row in queue.admin.execute("select figures from importer.job_chunks order by seq")]


def test_only_the_newest_figures_are_kept(queue: Queue, claim: Claim) -> None:
    keep(queue, claim, 1, {"rows": 2})
    keep(queue, claim, 2, {"rows": 3})
    assert figures(queue) == [None, None, {"rows": 3}]


def test_next_attempt_gets_the_figures(queue: Queue, claim: Claim) -> None:
    keep(queue, claim, 1, {"rows": 2})
    queue.release(claim)
    (successor,) = queue.claim()
    assert [entry["figures"] for entry in queue.open(successor)] == [None, {"rows": 2}, None]


def test_figures_are_cleared_when_the_job_completes(queue: Queue, claim: Claim) -> None:
    keep(queue, claim, 2, {"rows": 3})
    queue.finish(claim, 3)
    assert figures(queue) == [None, None, None]


def test_without_a_lease_no_figures_are_stored(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        keep(queue, claim, 1, {})
    assert figures(queue) == [None, None, None]
