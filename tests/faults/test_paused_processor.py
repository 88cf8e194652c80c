"""SIGSTOP until the lease has ended, then SIGCONT: another processor takes over, and the first writes nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.files import Case
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import MIDDLE, PHASES
from tests.faults.processors import Processor
from tests.waiting import until

EXPIRED = "select job_id from importer.job_leases where job_id = %s and expires_at < clock_timestamp()"
TAKEN_OVER = ["pending", "running", "lease_lost", "pending", "running"]


# The phases in which a transaction of the paused processor locks its lease, which has to end by itself.
LEASE_LOCKED = {"before_commit", "after_commit"}


def written(stack: FaultStack, case: Case) -> tuple[Any, ...]:
    """Return all that a processor can write about a job."""
    return stack.job(case.job), stack.events(case), stack.ledger(case)


def until_lease_lost(processor: Processor, case: Case) -> None:
    """Return when the processor has logged that it lost the lease on the job."""
    (record, *_) = until(lambda: processor.logged("lease_lost"), processor.log_text)
    assert (record["code"], record["job_id"]) == ("IJ103", str(case.job))


@pytest.mark.parametrize("phase", PHASES)
def test_paused_processor_writes_nothing_more(stack: FaultStack, phase: str) -> None:
    paused = stack.processor(lease=SHORT_LEASE)
    with PHASES[phase](stack) as case:
        paused.pause()
    paused.is_lost = phase not in LEASE_LOCKED
    stack.processor()
    stack.completed(case)
    assert stack.events(case)[:5] == TAKEN_OVER
    before = written(stack, case)
    paused.resume()
    until_lease_lost(paused, case)
    assert written(stack, case) == before


def test_processor_with_frozen_connections_writes_nothing_more(stack: FaultStack) -> None:
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


def test_processor_that_claims_its_own_lost_job_keeps_the_new_lease(stack: FaultStack) -> None:
    processor = stack.processor(lease=SHORT_LEASE)
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(stack.table(MIDDLE))
        gate.wait_for("copy%")
        processor.pause()
        until(lambda: stack.sql(EXPIRED, case.job), "the end of the lease")
        processor.resume()
        stack.until_attempt(case, 2)
        until_lease_lost(processor, case)
        lease = stack.lease(case)
        assert lease is not None
        until(lambda: (stack.lease(case) or lease)["expires_at"] > lease["expires_at"], "a renewal of the new lease")
    stack.completed(case)
    assert stack.events(case) == [*TAKEN_OVER, "resumed", "completed"]
