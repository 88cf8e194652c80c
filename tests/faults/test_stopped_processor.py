"""SIGTERM in every phase: the current chunk is committed if possible, and the job is released without an attempt."""

from __future__ import annotations

import pytest

from tests.faults.harness import FaultStack
from tests.faults.phases import PHASES

# The number of committed chunks when the processor has ended.
CHUNKS = {"before_claim": 0, "after_claim": 0, "mid_copy": 3, "before_commit": 3}


@pytest.mark.parametrize("phase", CHUNKS)
def test_stopped_processor_releases_the_job(stack: FaultStack, phase: str) -> None:
    processor = stack.processor()
    with PHASES[phase](stack) as case:
        processor.stop()
    processor.check_stopped()
    assert [record["job_id"] for record in processor.logged("job_released")] == [str(case.job)]
    job = stack.job(case.job)
    assert (job["status"], job["attempts"], job["chunks_done"]) == ("pending", 0, CHUNKS[phase])
    assert stack.events(case) == ["pending", "running", "released", "pending"]
    assert stack.lease(case) is None
    stack.processor()
    assert stack.completed(case)["attempts"] == 1


def test_stopped_processor_does_not_wait_for_unresponsive_storage(stack: FaultStack) -> None:
    processor = stack.processor()
    with PHASES["mid_download"](stack) as case:
        processor.stop()
        processor.check_stopped()
        job = stack.job(case.job)
        assert (job["status"], job["attempts"]) == ("pending", 0)
        assert stack.events(case) == ["pending", "running", "released", "pending"]
    stack.processor()
    assert stack.completed(case)["attempts"] == 1


def test_stopped_processor_completes_a_job_whose_chunks_are_committed(stack: FaultStack) -> None:
    processor = stack.processor()
    with PHASES["after_commit"](stack) as case:
        processor.stop()
    processor.check_stopped()
    assert stack.events(case) == ["pending", "running", "completed"]


def test_stopped_processor_claims_nothing_more(stack: FaultStack) -> None:
    processor = stack.processor(max_jobs=1)
    with PHASES["mid_copy"](stack):
        waiting = stack.insert(stack.table())
        processor.stop()
    processor.check_stopped()
    assert stack.events(waiting) == ["pending"]
