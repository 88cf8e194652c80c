"""A job that is cancelled while it runs keeps its committed chunks and stays cancelled; a retry loads the rest."""

from __future__ import annotations

import pytest

from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import PHASES
from tests.waiting import until

BY_UPDATE = "update public.import_jobs set status = 'cancelled' where id = %s"
BY_FUNCTION = "select public.cancel_import_job(%s)"


@pytest.mark.parametrize(
    ("phase", "how"),
    [("after_claim", BY_UPDATE), ("mid_download", BY_FUNCTION), ("mid_copy", BY_UPDATE), ("mid_copy", BY_FUNCTION)],
)
def test_cancelled_job_stops_and_a_retry_loads_the_rest(stack: FaultStack, phase: str, how: str) -> None:
    processor = stack.processor()
    with PHASES[phase](stack) as case:
        stack.sql(how, case.job)
        if phase == "mid_download":  # before Storage responds again
            until(lambda: processor.logged("lease_lost"), processor.log_text)
    until(lambda: processor.logged("lease_lost"), processor.log_text)
    stack.ended(stack.insert(stack.table()))  # shows that the processor has looked for jobs since
    job, ledger = stack.job(case.job), stack.ledger(case)
    assert (job["status"], job["error_code"]) == ("cancelled", None)
    assert job["rows_read"] < case.records
    assert stack.events(case) == ["pending", "running", "cancelled"]
    stack.sql("select public.retry_import_job(%s)", case.job)
    stack.completed(case)
    assert stack.ledger(case)[: len(ledger)] == ledger


def test_cancelled_job_of_a_killed_processor_is_not_revived(stack: FaultStack) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES["mid_copy"](stack) as case:
        victim.kill()
        stack.sql(BY_FUNCTION, case.job)
    stack.processor()
    stack.ended(stack.insert(stack.table()))
    stack.sql("select importer.sweep_import_jobs()")
    assert stack.events(case) == ["pending", "running", "cancelled"]
