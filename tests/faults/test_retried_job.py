"""A retry by hand of a job that failed in the middle loads only the missing chunks."""

from __future__ import annotations

import pytest

from tests.faults.harness import FaultStack
from tests.faults.phases import PHASES
from tests.faults.proxies.storage_fault import Fault


@pytest.mark.parametrize(
    "how",
    ["update public.import_jobs set status = 'pending' where id = %s", "select public.retry_import_job(%s)"],
)
def test_retry_of_a_failed_job_loads_only_missing_chunks(stack: FaultStack, how: str) -> None:
    stack.processor()
    with PHASES["mid_download"](stack) as case:
        stack.storage.add(Fault(kind="status", status=404))
        stack.storage_line.reset()
    job, ledger = stack.ended(case), stack.ledger(case)
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", "IJ201", 1)
    assert 0 < job["rows_read"] < case.records
    stack.sql(how, case.job)
    stack.completed(case)
    assert stack.ledger(case)[: len(ledger)] == ledger
    assert stack.events(case) == ["pending", "running", "failed", "pending", "running", "resumed", "completed"]
