"""Rings that are lost, late, repeated, forged or never answered: the row is the truth, and the sweep finds it."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from processor.local.postgres import SUPERUSER
from tests.faults.harness import FaultStack
from tests.faults.processors import Processor
from tests.waiting import until

# No sweep within the test but the one at the start.
NO_SWEEP = 3600
FIRST_TRY = ["pending", "running", "completed"]
DELIVERING = """
select pid from pg_stat_activity where application_name = 'pg_net stand-in' and state = 'idle in transaction'
"""
CLAIMED = """
select pid from pg_stat_activity
where usename = 'import_processor' and query like '%claim_jobs%' and state = 'idle'
"""
UNANSWERED = "select id from net._http_response where error_msg is not null and created > now() - interval '1 minute'"


def idle_processor(stack: FaultStack) -> Processor:
    """Start a processor that claims nothing any more unless it is rung; the claim of its start is over."""
    one = stack.processor(sweep_seconds=NO_SWEEP)
    until(lambda: stack.sql(CLAIMED, role=SUPERUSER), one.said)
    return one


def break_rings(stack: FaultStack, kind: str, amount: float | None = None) -> None:
    stack.sql("insert into net.stand_in_faults (kind, amount) values (%s, %s)", kind, amount)


def ring(one: Processor, token: str | None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"job_ids": [str(uuid4())]}
    return httpx.post(f"{one.url}/process-import-jobs", json=body, headers=headers, trust_env=False)


@pytest.mark.parametrize(("kind", "amount"), [("repeat", 1), ("repeat", 20), ("delay", 0.5)])
def test_ring_starts_a_job_once(stack: FaultStack, kind: str, amount: float) -> None:
    one = idle_processor(stack)
    break_rings(stack, kind, amount)
    case = stack.insert(stack.table())
    assert stack.ended(case)["attempts"] == 1
    assert stack.events(case) == FIRST_TRY
    assert len(one.logged("job_started")) == 1


def test_lost_ring_is_made_up_for_by_the_sweep(stack: FaultStack) -> None:
    stack.processor()
    break_rings(stack, "lose")
    case = stack.insert(stack.table())
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY


def test_job_starts_where_nothing_can_ring(stack: FaultStack) -> None:
    stack.processor()
    try:
        stack.sql("delete from importer.settings")
        case = stack.insert(stack.table())
        stack.ended(case)
    finally:
        kept = stack.local.state
        stack.sql("select importer.configure(%s, %s)", kept.processor_url, kept.wake_token)
    assert stack.events(case) == FIRST_TRY


def test_forged_ring_is_turned_away_and_starts_nothing(stack: FaultStack) -> None:
    one = idle_processor(stack)
    break_rings(stack, "lose")
    case = stack.insert(stack.table())
    for token in (None, "forged", stack.local.state.secret_key):
        answer = ring(one, token)
        assert (answer.status_code, answer.content) == (401, b"")
    assert stack.events(case) == ["pending"]
    assert ring(one, stack.local.state.wake_token).status_code == 202
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY


def test_processor_that_dies_before_it_answers_a_ring_loses_nothing(stack: FaultStack) -> None:
    victim = idle_processor(stack)
    victim.pause()
    case = stack.insert(stack.table())
    until(lambda: stack.sql(DELIVERING, role=SUPERUSER), "the ring on its way")
    victim.kill()
    until(lambda: stack.sql(UNANSWERED), "a ring without an answer")
    assert stack.events(case) == ["pending"]
    idle_processor(stack)
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY
