"""Connections to Postgres are reset in every phase, and during a COMMIT, where the ledger says whether it succeeded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.files import Case
from tests.faults.harness import GATE, SHORT_LEASE, FaultStack
from tests.faults.holds import Hold
from tests.faults.phases import MIDDLE, PHASES
from tests.waiting import until

RETRIED = ["pending", "running", "retry_scheduled", "pending", "running"]
# A deferred trigger makes COMMIT wait. The processor makes all constraints immediate, which the second trigger reverts.
COMMIT_GATE = """
create function public.gate_commit_{name}() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared({gate}, {row});
  return null;
end $$;
create constraint trigger commit_{name} after {event} on public.{table} deferrable initially deferred
for each row when ({condition}) execute function public.gate_commit_{name}();
create function public.defer_{name}() returns trigger language plpgsql as $$
begin
  set constraints public.commit_{name} deferred;
  return null;
end $$;
create trigger defer_{name} before {event} on public.{table}
for each statement execute function public.defer_{name}()
"""


@pytest.mark.parametrize("phase", [name for name in PHASES if name != "before_claim"])
def test_reset_connection_loses_nothing(stack: FaultStack, phase: str) -> None:
    stack.processor()
    with PHASES[phase](stack) as case:
        assert stack.postgres.reset() > 0
    stack.completed(case)
    assert stack.events(case)[:5] == RETRIED


def test_claim_that_gets_no_answer_ends_with_its_lease(stack: FaultStack) -> None:
    stack.processor(lease=SHORT_LEASE)
    with PHASES["before_claim"](stack) as case:
        assert stack.postgres.reset() > 0
    stack.completed(case)
    assert stack.events(case) == ["pending", "running", "lease_lost", "pending", "running", "completed"]


@contextmanager
def in_commit(stack: FaultStack) -> Iterator[tuple[Case, Hold, int]]:
    """Hold the COMMIT of the third chunk; yield the case, the hold and the pid of the backend that executes COMMIT."""
    table = stack.table()
    stack.sql(
        COMMIT_GATE.format(
            name=table, table=table, gate=GATE, row=MIDDLE, event="insert", condition=f"new.id = {MIDDLE}"
        )
    )
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(table)
        (backend,) = gate.wait_for("commit%")
        assert stack.job(case.job)["chunks_done"] == 2
        yield case, gate, backend


def test_chunk_whose_commit_failed_is_loaded_again(stack: FaultStack) -> None:
    stack.processor()
    with in_commit(stack) as (case, _, backend):
        stack.postgres.reset()
        stack.local.server.restart("immediate")
        assert not stack.sql("select from pg_stat_activity where pid = %s and query ilike 'commit%%'", backend)
    stack.completed(case)
    assert stack.attempts(case) == [1, 1, 2, 2, 2]


def test_chunk_committed_after_the_connection_was_lost_counts(stack: FaultStack) -> None:
    stack.processor()
    with in_commit(stack) as (case, gate, _):
        stack.postgres.reset()
        gate.wait_for("%fail_job%")
    stack.completed(case)
    assert stack.attempts(case) == [1, 1, 1, 2, 2]
    assert stack.events(case) == [*RETRIED, "resumed", "completed"]


def test_chunk_whose_commit_gets_no_answer_counts(stack: FaultStack) -> None:
    stack.processor()
    with in_commit(stack) as (case, gate, _):
        stack.postgres.freeze()
        gate.release()
        until(lambda: len(stack.ledger(case)) == 3, "the third chunk")
        stack.postgres.reset()
        stack.postgres.resume()
    stack.completed(case)
    assert stack.attempts(case) == [1, 1, 1, 2, 2]
    assert stack.events(case) == [*RETRIED, "resumed", "completed"]


def test_completion_whose_commit_gets_no_answer_stands(stack: FaultStack) -> None:
    processor = stack.processor()
    condition = "new.status = 'completed'"
    stack.sql(
        COMMIT_GATE.format(name="end", table="import_jobs", gate=GATE, row=0, event="update", condition=condition)
    )
    try:
        with stack.gate(0) as gate:
            case = stack.insert(stack.table())
            gate.wait_for("commit%")
            stack.postgres.freeze()
            gate.release()
            stack.until_job(case, status="completed")
            stack.postgres.reset()
            stack.postgres.resume()
        until(lambda: processor.logged("lease_lost"), processor.log_text)
    finally:
        stack.sql("drop function public.gate_commit_end() cascade; drop function public.defer_end() cascade")
    assert stack.events(case) == ["pending", "running", "completed"]
