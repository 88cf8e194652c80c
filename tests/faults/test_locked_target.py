"""An application keeps the target locked: the job waits, but a cancellation and a stop of the processor do not."""

from __future__ import annotations

import pytest

from tests.faults.harness import FaultStack

# A key that another session has inserted and not committed.
HELD = 700
ROW = "insert into public.{} values ({}, 'uncommitted')"
# Allows the processor to read the table and not to write.
TABLE = "lock table public.{} in exclusive mode"


def test_cancelled_job_frees_its_slot_while_the_target_is_locked(stack: FaultStack) -> None:
    processor = stack.processor(max_jobs=1)
    table = stack.table(key="primary key")
    with stack.hold(ROW.format(table, HELD)) as hold:
        case = stack.insert(table)
        hold.wait_for("copy%")
        stack.sql("select public.cancel_import_job(%s)", case.job)
        stack.completed(stack.insert(stack.table()))  # in the only slot of the processor
        assert not hold.waiting()
    assert len(processor.logged("lease_lost")) == 1
    assert stack.events(case) == ["pending", "running", "cancelled"]
    stack.sql("select public.retry_import_job(%s)", case.job)
    stack.completed(case)


@pytest.mark.parametrize(
    ("lock", "options", "statement"),
    [(ROW.format("{}", HELD), {}, "copy%"), (TABLE, {}, "copy%"), (TABLE, {"atomic": True}, "%insert into%")],
    ids=["a row", "the table", "the table, atomic"],
)
def test_stopped_processor_releases_a_job_whose_target_is_locked(
    stack: FaultStack, lock: str, options: dict[str, bool], statement: str
) -> None:
    processor = stack.processor(stop_seconds=0.2)
    table = stack.table(key="primary key")
    with stack.hold(lock.format(table)) as hold:
        case = stack.insert(table, options=options)
        hold.wait_for(statement)
        processor.stop()
        processor.check_stopped()
        assert not hold.waiting()
        job = stack.job(case.job)
        assert (job["status"], job["attempts"]) == ("pending", 0)
        assert stack.events(case) == ["pending", "running", "released", "pending"]
        assert stack.lease(case) is None
    stack.processor()
    assert stack.completed(case)["attempts"] == 1


def test_job_waits_for_a_lock_and_completes(stack: FaultStack) -> None:
    stack.processor()
    table = stack.table(key="primary key")
    with stack.hold(TABLE.format(table)) as hold:
        case = stack.insert(table)
        hold.wait_for("copy%")
    assert stack.completed(case)["attempts"] == 1
