"""Postgres is stopped in every phase with an immediate shutdown, which equals a crash, and started again."""

from __future__ import annotations

import pytest

from tests.faults.harness import FaultStack
from tests.faults.phases import PHASES

SCHEDULED = "select detail from public.import_job_events where job_id = %s and event = 'retry_scheduled'"


@pytest.mark.parametrize("phase", [name for name in PHASES if name != "mid_copy_with_key"])
def test_crash_of_postgres_loses_nothing(stack: FaultStack, phase: str) -> None:
    stack.processor()
    with PHASES[phase](stack) as case:
        stack.local.server.restart("immediate")
    stack.completed(case)
    again = [] if phase == "before_claim" else ["retry_scheduled", "pending", "running"]
    resumed = [] if phase in {"before_claim", "after_claim"} else ["resumed"]
    assert stack.events(case) == ["pending", "running", *again, *resumed, "completed"]
    assert [row["detail"]["error_code"] for row in stack.sql(SCHEDULED, case.job)] == ["IJ501"] * bool(again)
