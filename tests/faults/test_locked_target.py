"""A lock on the target that an application does not let go: the job waits, but no cancellation and no stop does."""

from __future__ import annotations

import signal

import pytest

from tests.faults.harness import FaultStack
from tests.faults.processors import Processor

HELD = 700
ROW = "insert into public.{} values ({}, 'uncommitted')"
# Lets the processor look at the table, but write nothing.
TABLE = "lock table public.{} in exclusive mode"


def stopped(one: Processor) -> None:
    """SIGTERM; return when it has ended in order."""
    one.send(signal.SIGTERM)
    assert one.wait() == -signal.SIGTERM
    assert len(one.logged("worker_stopped")) == 1


def test_cancelled_job_leaves_its_place_though_the_target_is_locked(stack: FaultStack) -> None:
    one = stack.processor(max_jobs=1)
    table = stack.table(key="primary key")
    with stack.hold(ROW.format(table, HELD)) as hold:
        case = stack.insert(table)
        hold.wait_for("copy%")
        stack.sql("select public.cancel_import_job(%s)", case.job)
        stack.completed(stack.insert(stack.table()))  # by the only place there is
        assert not hold.waiting()
    assert len(one.logged("lease_lost")) == 1
    assert stack.events(case) == ["pending", "running", "cancelled"]
    stack.sql("select public.retry_import_job(%s)", case.job)
    stack.completed(case)


@pytest.mark.parametrize(
    ("lock", "options", "statement"),
    [(ROW.format("{}", HELD), {}, "copy%"), (TABLE, {}, "copy%"), (TABLE, {"atomic": True}, "%insert into%")],
    ids=["a row", "the table", "the table, of an all-or-nothing job"],
)
def test_stopped_processor_gives_back_a_job_whose_target_is_locked(
    stack: FaultStack, lock: str, options: dict[str, bool], statement: str
) -> None:
    one = stack.processor(stop_seconds=0.2)
    table = stack.table(key="primary key")
    with stack.hold(lock.format(table)) as hold:
        case = stack.insert(table, options=options)
        hold.wait_for(statement)
        stopped(one)
        assert not hold.waiting()
        job = stack.job(case.job)
        assert (job["status"], job["attempts"]) == ("pending", 0)
        assert stack.events(case) == ["pending", "running", "released", "pending"]
        assert stack.lease(case) is None
    stack.processor()
    assert stack.completed(case)["attempts"] == 1


def test_job_waits_for_a_lock_and_goes_on(stack: FaultStack) -> None:
    stack.processor()
    table = stack.table(key="primary key")
    with stack.hold(TABLE.format(table)) as hold:
        case = stack.insert(table)
        hold.wait_for("copy%")
    assert stack.completed(case)["attempts"] == 1
