"""A job whose file kills every processor fails with IJ104 and can be retried by hand."""

from __future__ import annotations

from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import MIDDLE

CRASHES = 2


def test_file_that_kills_the_processor_fails_when_its_attempts_are_used_up(stack: FaultStack) -> None:
    case = stack.insert(stack.table(MIDDLE), max_attempts=CRASHES)
    for attempt in range(1, CRASHES + 1):
        with stack.gate(MIDDLE) as gate:
            victim = stack.processor(lease=SHORT_LEASE)
            stack.until_attempt(case, attempt)
            gate.wait_for("copy%")
            victim.kill()
    stack.processor()
    job = stack.ended(case)
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", "IJ104", CRASHES)
    first = ["pending", "running", "lease_lost"]
    assert stack.events(case) == [*first, "pending", "running", "resumed", "lease_lost", "failed"]
    assert job["chunks_done"] == 2
    stack.sql("update public.import_jobs set status = 'pending' where id = %s", case.job)
    stack.completed(case)
