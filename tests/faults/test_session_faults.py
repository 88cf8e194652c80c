"""The end of a processor's session: its jobs are taken over long before their leases expire, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from processor.local import floor
from processor.local.postgres import SUPERUSER
from tests.faults.files import Case, make_csv
from tests.faults.harness import END_BACK_OFF, FaultStack
from tests.faults.phases import MIDDLE, PHASES
from tests.faults.processors import Processor
from tests.faults.proxies.storage_fault import Fault
from tests.faults.proxies.transaction_pooler import TransactionPooler
from tests.waiting import DEADLINE, until

# Longer than a test waits for anything, so that no lease expires in it.
LEASE = 10 * int(DEADLINE)
CAUSE = "select detail -> 'cause' as cause from public.import_job_events where job_id = %s and event = 'lease_lost'"
SESSIONS = "select pid from pg_locks where locktype = 'advisory' and classid = 1229606722"
LISTENS = "select pid from pg_stat_activity where usename = 'import_processor' and query ilike 'listen%%'"
TERMINATE = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1229606722"
RESETS = 20
FIRST_TRY = ["pending", "running", "completed"]


def sessions(stack: FaultStack, count: int) -> list[dict[str, Any]]:
    """Return the sessions that hold a lock, once there are `count`."""
    open_sessions: list[dict[str, Any]] = until(lambda: len(rows := stack.sql(SESSIONS)) == count and rows, SESSIONS)
    return open_sessions


def until_ended(stack: FaultStack, pids: list[int]) -> None:
    """Return when none of these sessions holds a lock."""
    until(lambda: not stack.sql(SESSIONS + " and pid = any (%s)", pids), SESSIONS)


def lost_sessions(stack: FaultStack, case: Case) -> list[object]:
    """Return the causes for which leases on the job were lost."""
    return [row["cause"] for row in stack.sql(CAUSE, case.job)]


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase != "before_claim"])
def test_job_of_a_killed_processor_does_not_wait_for_its_lease(stack: FaultStack, phase: str) -> None:
    victim = stack.processor(lease=LEASE)
    sessions(stack, 1)
    with PHASES[phase](stack) as case:
        stack.processor(lease=LEASE)
        sessions(stack, 2)
        victim.kill()
        victim.is_lost = False  # its lease is not ended early
    job = stack.completed(case)
    assert job["attempts"] == 2
    assert lost_sessions(stack, case) == ["session"]


def test_session_that_is_reset_20_times_in_one_job_keeps_the_job(stack: FaultStack) -> None:
    stack.processor(lease=LEASE)
    with PHASES["mid_copy"](stack) as case:
        stack.processor(lease=LEASE, direct=True)
        for _ in range(RESETS):
            former = [row["pid"] for row in sessions(stack, 2)]
            stack.sql(TERMINATE, role=SUPERUSER)
            until_ended(stack, former)
        sessions(stack, 2)
    assert stack.completed(case)["attempts"] == 1
    assert stack.events(case) == FIRST_TRY


def test_connections_that_are_reset_more_often_than_there_are_attempts_let_the_job_complete(stack: FaultStack) -> None:
    """All of them, as by a restart of a pooler; each attempt but the first and the last is cut off after a chunk."""
    stack.processor(lease=LEASE)
    stack.storage.add(Fault(kind="slow", bytes_per_second=300_000, remaining=None))
    case = stack.insert(stack.table(), make_csv(10_000), max_attempts=2)
    for _ in range(5):
        chunks = stack.job(case.job)["chunks_done"]

        def progressed(chunks: int = chunks) -> bool:
            stack.sql(END_BACK_OFF, case.job)
            return stack.job(case.job)["chunks_done"] > chunks

        until(progressed, lambda: (stack.job(case.job), stack.events(case)))
        until(lambda: stack.postgres.reset() > 0, "a connection")
    stack.storage.clear()
    job = stack.completed(case)
    assert job["attempts"] <= 2
    assert stack.events(case).count("retry_scheduled") > 2
    assert "attempt_restored" in stack.events(case)


def test_attempt_is_not_counted_if_its_processor_comes_back_after_the_job_was_taken_over(stack: FaultStack) -> None:
    cut_off = stack.processor(lease=LEASE)
    sessions(stack, 1)
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(stack.table(MIDDLE))
        gate.wait_for("copy%")
        stack.processor(lease=LEASE, direct=True)
        sessions(stack, 2)
        stack.postgres.refuse()
        stack.postgres.reset()
        stack.until_job(case, status="running", attempts=2)
        stack.postgres.resume()
        until(lambda: cut_off.logged("attempt_restored"), cut_off.log_text)
        assert stack.job(case.job)["attempts"] == 1
    stack.completed(case)
    assert lost_sessions(stack, case) == ["session"]
    assert stack.attempts(case) == [1, 1, 2, 2, 2]


def test_paused_processor_keeps_its_session_and_its_job(stack: FaultStack) -> None:
    """It hangs, perhaps because of the file, so only the expiry of its lease counts."""
    paused = stack.processor(lease=LEASE)
    with PHASES["mid_copy"](stack) as case:
        other = stack.processor(lease=LEASE)
        sessions(stack, 2)
        paused.pause()
        # By the time another job has run, the other processor has looked for lost sessions.
        stack.completed(stack.insert(stack.table()))
        until(lambda: other.logged("job_completed"), other.log_text)
        paused.resume()
    assert stack.completed(case)["attempts"] == 1


def behind_a_pooler(stack: FaultStack, pooler: TransactionPooler, lease: int = LEASE) -> Processor:
    """Start a processor that reaches Postgres through a pooler that gives each transaction another connection."""
    url = f"postgresql://{floor.PROCESSOR}:none@127.0.0.1:{pooler.port}/postgres"
    return stack.processor(database=url, lease=lease)


@pytest.mark.parametrize("size", [6, 12])
def test_processor_behind_a_transaction_pooler_has_no_session(stack: FaultStack, size: int) -> None:
    with TransactionPooler(stack.local.state.database_url(floor.PROCESSOR), size) as pooler:
        processor = behind_a_pooler(stack, pooler)
        case = stack.insert(stack.table(), make_csv(10_000))
        stack.completed(case)
        assert stack.events(case) == FIRST_TRY
        claimed = stack.sql("select count(*) as n from importer.processors where worker = %s", processor.worker)
        assert claimed == [{"n": 1}]
        assert stack.sql(SESSIONS) == []
        assert stack.sql(LISTENS, role=SUPERUSER) == []


def test_job_of_a_processor_behind_a_transaction_pooler_is_left_to_the_expiry(stack: FaultStack) -> None:
    with TransactionPooler(stack.local.state.database_url(floor.PROCESSOR), 8) as pooler, stack.gate(MIDDLE) as gate:
        victim = behind_a_pooler(stack, pooler, lease=2)
        case = stack.insert(stack.table(MIDDLE))
        gate.wait_for("copy%")
        stack.processor(lease=LEASE, direct=True)
        victim.kill()
        stack.until_attempt(case, 2)
    stack.completed(case)
    assert lost_sessions(stack, case) == [None]
