"""SIGTERM in every phase: the chunk in hand is committed if it can be, the job goes back, no attempt is counted."""

from __future__ import annotations

import signal

import pytest

from tests.faults.harness import FaultStack
from tests.faults.phases import PHASES
from tests.faults.processors import Processor
from tests.waiting import until

# Chunks that are in when the processor has ended.
CHUNKS = {"before_claim": 0, "after_claim": 0, "mid_copy": 3, "before_commit": 3}


def terminate(one: Processor) -> None:
    """SIGTERM; return when it has begun to stop."""
    one.send(signal.SIGTERM)
    until(lambda: one.logged("worker_stopping"), one.said)


def check_end(one: Processor) -> None:
    """Check that it has stopped in order; uvicorn then ends the process by the signal itself."""
    assert one.wait() == -signal.SIGTERM
    assert len(one.logged("worker_stopped")) == 1


@pytest.mark.parametrize("phase", CHUNKS)
def test_stopped_processor_gives_the_job_back(stack: FaultStack, phase: str) -> None:
    one = stack.processor()
    with PHASES[phase](stack) as case:
        terminate(one)
    check_end(one)
    job = stack.job(case.job)
    assert (job["status"], job["attempts"], job["chunks_done"]) == ("pending", 0, CHUNKS[phase])
    assert stack.events(case) == ["pending", "running", "released", "pending"]
    assert stack.lease(case) is None
    stack.processor()
    assert stack.completed(case)["attempts"] == 1


def test_stopped_processor_does_not_wait_for_a_storage_that_is_stuck(stack: FaultStack) -> None:
    one = stack.processor()
    with PHASES["mid_download"](stack) as case:
        terminate(one)
        check_end(one)
        job = stack.job(case.job)
        assert (job["status"], job["attempts"]) == ("pending", 0)
        assert stack.events(case) == ["pending", "running", "released", "pending"]
    stack.processor()
    assert stack.completed(case)["attempts"] == 1


def test_stopped_processor_ends_a_job_of_which_all_is_in(stack: FaultStack) -> None:
    one = stack.processor()
    with PHASES["after_commit"](stack) as case:
        terminate(one)
    check_end(one)
    assert stack.events(case) == ["pending", "running", "completed"]


def test_stopped_processor_claims_nothing_more(stack: FaultStack) -> None:
    one = stack.processor(max_jobs=1)
    with PHASES["mid_copy"](stack):
        waiting = stack.insert(stack.table())
        terminate(one)
    check_end(one)
    assert stack.events(waiting) == ["pending"]
