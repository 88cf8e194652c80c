"""SIGKILL of the processor in every phase: another processor completes the job and loads only missing chunks."""

from __future__ import annotations

import pytest

from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import PHASES

LOST = ["pending", "running", "lease_lost", "pending", "running"]


@pytest.mark.parametrize("phase", PHASES)
def test_killed_processor_loses_nothing(stack: FaultStack, phase: str) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES[phase](stack) as case:
        victim.kill()
    stack.processor()
    stack.completed(case)
    attempts = set(stack.attempts(case))
    if phase == "before_claim":
        assert stack.events(case)[-1] == "completed"
    elif phase == "after_claim":
        assert stack.events(case) == [*LOST, "completed"]
        assert attempts == {2}
    else:
        assert stack.events(case) == [*LOST, "resumed", "completed"]
        assert attempts == ({1} if phase == "after_commit" else {1, 2})
