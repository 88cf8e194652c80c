"""SIGSTOP past the lease, then SIGCONT: another processor takes over, and the first writes nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.files import Case
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import MIDDLE, PHASES
from tests.faults.processors import Processor
from tests.waiting import until

OVER = "select job_id from importer.job_leases where job_id = %s and expires_at < clock_timestamp()"
TAKEN_OVER = ["pending", "running", "lease_lost", "pending", "running"]


def written(stack: FaultStack, case: Case) -> tuple[Any, ...]:
    """All that a processor can write about a job."""
    return stack.job(case.job), stack.events(case), stack.ledger(case)


def until_lease_lost(one: Processor, case: Case) -> None:
    (said, *_) = until(lambda: one.logged("lease_lost"), one.said)
    assert (said["code"], said["job_id"]) == ("IJ103", str(case.job))


@pytest.mark.parametrize("phase", PHASES)
def test_paused_processor_writes_nothing_more(stack: FaultStack, phase: str) -> None:
    paused = stack.processor(lease=SHORT_LEASE)
    with PHASES[phase](stack) as case:
        paused.pause()
    stack.processor()
    stack.completed(case)
    assert stack.events(case)[:5] == TAKEN_OVER
    before = written(stack, case)
    paused.resume()
    until_lease_lost(paused, case)
    assert written(stack, case) == before


def test_frozen_connections_count_as_a_pause(stack: FaultStack) -> None:
    cut_off = stack.processor(lease=SHORT_LEASE)
    with PHASES["mid_copy_with_key"](stack) as case:
        stack.postgres.freeze()
    stack.processor(direct=True)
    stack.completed(case)
    assert stack.events(case)[:5] == TAKEN_OVER
    before = written(stack, case)
    stack.postgres.resume()
    until_lease_lost(cut_off, case)
    assert written(stack, case) == before


def test_processor_that_takes_its_own_job_over_keeps_the_new_lease(stack: FaultStack) -> None:
    one = stack.processor(lease=SHORT_LEASE)
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(stack.table(MIDDLE))
        gate.wait_for("copy%")
        one.pause()
        until(lambda: stack.sql(OVER, case.job), "the lease's end")
        one.resume()
        stack.until_attempt(case, 2)
        until_lease_lost(one, case)
        lease = stack.lease(case)
        assert lease is not None
        until(lambda: (stack.lease(case) or lease)["expires_at"] > lease["expires_at"], "a renewal")
    stack.completed(case)
    assert stack.events(case) == [*TAKEN_OVER, "resumed", "completed"]
