"""Rings that are lost, late, repeated, forged or never answered: every job still runs exactly once."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from processor.local.postgres import SUPERUSER
from tests.faults.harness import FaultStack
from tests.faults.processors import Processor
from tests.waiting import until

# No sweep happens during the test except the one at the start.
NO_SWEEP = 3600
FIRST_TRY = ["pending", "running", "completed"]
DELIVERING = """
select pid from pg_stat_activity where application_name = 'pg_net stand-in' and state = 'idle in transaction'
"""
# A look for work ends with the undos; after a statement before that the same session may send the next one at once.
CLAIMED = """
select pid from pg_stat_activity
where usename = 'import_processor' and query like '%claim_undos%' and state = 'idle'
"""
UNANSWERED = "select id from net._http_response where error_msg is not null and created > now() - interval '1 minute'"


def idle_processor(stack: FaultStack) -> Processor:
    """Start a processor and return it after its first look; from then on it claims only when it is rung."""
    processor = stack.processor(sweep_seconds=NO_SWEEP)
    until(lambda: stack.sql(CLAIMED, role=SUPERUSER), processor.log_text)
    return processor


def break_rings(stack: FaultStack, kind: str, amount: float | None = None) -> None:
    """Let the stand-in for pg_net lose, repeat or delay its requests."""
    stack.sql("insert into net.stand_in_faults (kind, amount) values (%s, %s)", kind, amount)


def ring(processor: Processor, token: str | None, number: int) -> httpx.Response:
    """Ring a processor with this token and this number."""
    headers = {"import-jobs-ring": str(number), **({"authorization": f"Bearer {token}"} if token else {})}
    body = {"job_ids": [str(uuid4())]}
    return httpx.post(f"{processor.url}/process-import-jobs", json=body, headers=headers, trust_env=False)


@pytest.mark.parametrize(("kind", "amount"), [("repeat", 1), ("repeat", 20), ("delay", 0.5)])
def test_ring_starts_a_job_once(stack: FaultStack, kind: str, amount: float) -> None:
    processor = idle_processor(stack)
    break_rings(stack, kind, amount)
    case = stack.insert(stack.table())
    assert stack.ended(case)["attempts"] == 1
    assert stack.events(case) == FIRST_TRY
    assert len(processor.logged("job_started")) == 1


def test_sweep_finds_the_job_of_a_lost_ring(stack: FaultStack) -> None:
    stack.processor()
    break_rings(stack, "lose")
    case = stack.insert(stack.table())
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY


def test_job_starts_without_a_configured_doorbell(stack: FaultStack) -> None:
    stack.processor()
    try:
        stack.sql("delete from importer.settings")
        case = stack.insert(stack.table())
        stack.ended(case)
    finally:
        state = stack.local.state
        stack.sql("select importer.configure(%s, %s)", state.processor_url, state.wake_token)
    assert stack.events(case) == FIRST_TRY


def test_forged_ring_gets_401_and_starts_nothing(stack: FaultStack) -> None:
    processor = idle_processor(stack)
    newest = "select newest_ring from importer.processors where worker = %s"
    until(lambda: stack.sql(newest, processor.worker), processor.log_text)
    (sent,) = stack.sql("insert into importer.rings (timeout_milliseconds) values (1000) returning number")
    for token in (None, "forged", stack.local.state.secret_key):
        response = ring(processor, token, sent["number"])
        assert (response.status_code, response.content) == (401, b"")
    assert stack.sql(newest, processor.worker) == [{"newest_ring": None}]
    assert ring(processor, stack.local.state.wake_token, sent["number"]).status_code == 202
    until(lambda: stack.sql(newest, processor.worker) == [{"newest_ring": sent["number"]}], processor.log_text)


def test_processor_that_dies_before_it_answers_a_ring_loses_nothing(stack: FaultStack) -> None:
    victim = idle_processor(stack)
    victim.pause()
    case = stack.insert(stack.table())
    until(lambda: stack.sql(DELIVERING, role=SUPERUSER), "a ring that is being delivered")
    victim.kill()
    until(lambda: stack.sql(UNANSWERED), "a ring that failed")
    assert stack.events(case) == ["pending"]
    idle_processor(stack)
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY
