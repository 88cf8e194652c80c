"""Files of one chunk go in one transaction: whatever happens before its commit, nothing of them is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.faults.files import Case
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import EVENTS_LOCK
from tests.waiting import until

GOOD = b"id,note\n" + b"".join(b"%d,note\n" % key for key in range(1, 41))
ROW = 20
ONE_TRANSACTION = """
select count(distinct t.xmin::text) as transactions from (
  select xmin from public.{0} union all select xmin from public.import_jobs where id = %s
  union all select xmin from importer.job_chunks where job_id = %s
) as t
"""


@contextmanager
def mid_copy(stack: FaultStack) -> Iterator[Case]:
    """Half of the rows are copied."""
    with stack.gate(ROW) as gate:
        case = stack.insert(stack.table(ROW), GOOD)
        gate.wait_for("copy%")
        yield case


@contextmanager
def before_commit(stack: FaultStack) -> Iterator[Case]:
    """All rows are copied, and the job is being completed."""
    with stack.gate(ROW) as gate:
        case = stack.insert(stack.table(ROW), GOOD)
        gate.wait_for("copy%")
        with stack.hold(EVENTS_LOCK) as hold:
            gate.release()
            hold.wait_for("%commit_file%")
            yield case


Phase = Callable[[FaultStack], AbstractContextManager[Case]]


def test_rows_ledger_and_end_are_one_transaction(stack: FaultStack) -> None:
    stack.processor()
    case = stack.insert(stack.table(), GOOD)
    stack.completed(case)
    (row,) = stack.sql(ONE_TRANSACTION.format(case.table), case.job, case.job)
    assert row["transactions"] == 1
    assert stack.events(case) == ["pending", "running", "completed"]


@pytest.mark.parametrize("phase", [mid_copy, before_commit])
def test_killed_processor_leaves_nothing_and_another_one_loads_all(stack: FaultStack, phase: Phase) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with phase(stack) as case:
        victim.kill()
        assert stack.ledger(case) == []
    stack.processor()
    stack.completed(case)
    assert stack.attempts(case) == [2]


def test_cancelled_job_has_nothing_and_a_retry_loads_all(stack: FaultStack) -> None:
    processor = stack.processor()
    with mid_copy(stack) as case:
        stack.sql("select public.cancel_import_job(%s)", case.job)
        until(lambda: processor.logged("lease_lost"), processor.log_text)
    job = stack.job(case.job)
    assert (job["status"], job["rows_read"], stack.ledger(case)) == ("cancelled", 0, [])
    stack.sql("select public.retry_import_job(%s)", case.job)
    stack.completed(case)


def test_row_that_is_refused_is_rejected_by_the_steps_of_larger_files(stack: FaultStack) -> None:
    stack.processor()
    case = stack.insert(stack.table(), GOOD.replace(b"20,note", b"x20,note"))
    job = stack.completed(case)
    assert (job["rows_loaded"], job["rows_rejected"], job["chunks_done"]) == (39, 1, 1)
    assert job["bytes_total"] == len(case.data)
