"""The phases of a job in which a fault can strike; each is a block that begins when a processor is held in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.faults.files import Case, make_csv
from tests.faults.harness import FaultStack
from tests.faults.proxies.storage_fault import Fault
from tests.waiting import until

# A row in the third of the five chunks.
MIDDLE = 1500
# A file that takes some two seconds at the speed at which Storage is held.
LONG = 18_000
CLAIM_LOCK = "select pg_advisory_lock(hashtextextended('importer.claim_jobs', 0))"
# Committing a chunk needs the first, finishing a job the second.
LEDGER_LOCK = "lock table importer.job_chunks in share row exclusive mode"
EVENTS_LOCK = "lock table public.import_job_events in share row exclusive mode"

Phase = Callable[[FaultStack], AbstractContextManager[Case]]


@contextmanager
def before_claim(stack: FaultStack) -> Iterator[Case]:
    """The claim has been asked for and not been made."""
    with stack.hold(CLAIM_LOCK) as hold:
        # Due since long: the claim that waits here may have begun before this insert.
        case = stack.insert(stack.table(), run_after="2026-01-01")
        hold.wait_for("%claim_jobs%")
        yield case


@contextmanager
def after_claim(stack: FaultStack) -> Iterator[Case]:
    """The job is claimed, and Storage has not answered."""
    table = stack.table()
    stack.storage_line.freeze()
    case = stack.insert(table)
    stack.until_job(case, status="running", phase="opening")
    # Only then has the attempt its connection to Postgres, which comes before that to Storage.
    until(lambda: stack.storage_line.connections > 0, lambda: stack.job(case.job))
    yield case
    stack.storage_line.resume()


@contextmanager
def mid_download(stack: FaultStack) -> Iterator[Case]:
    """Some chunks are in, and the body of Storage's answer has stopped in the middle."""
    stack.storage.add(Fault(kind="slow", bytes_per_second=1_000_000, remaining=None))
    case = stack.insert(stack.table(), make_csv(LONG))
    until(lambda: stack.job(case.job)["chunks_done"] >= 1, lambda: stack.job(case.job))
    stack.storage_line.freeze()
    assert stack.job(case.job)["rows_read"] < LONG
    stack.storage.clear()
    yield case
    stack.storage_line.resume()


@contextmanager
def mid_copy(stack: FaultStack, key: str = "") -> Iterator[Case]:
    """Two chunks are in, and half of the rows of the third."""
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(stack.table(MIDDLE, key=key))
        gate.wait_for("copy%")
        assert stack.job(case.job)["chunks_done"] == 2
        yield case


@contextmanager
def before_commit(stack: FaultStack) -> Iterator[Case]:
    """The third chunk's rows have been copied, and its ledger entry waits."""
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(stack.table(MIDDLE))
        gate.wait_for("copy%")
        with stack.hold(LEDGER_LOCK) as ledger:
            gate.release()
            ledger.wait_for("%commit_chunk%")
            yield case


@contextmanager
def after_commit(stack: FaultStack) -> Iterator[Case]:
    """All chunks are committed, and the job's end is not."""
    last = 2500
    with stack.gate(last) as gate:
        case = stack.insert(stack.table(last))
        gate.wait_for("copy%")
        with stack.hold(EVENTS_LOCK) as events:
            gate.release()
            events.wait_for("%finish_job%")
            yield case


PHASES: dict[str, Phase] = {
    "before_claim": before_claim,
    "after_claim": after_claim,
    "mid_download": mid_download,
    "mid_copy": mid_copy,
    # Rows that are not committed yet keep those with the same key waiting.
    "mid_copy_with_key": partial(mid_copy, key="primary key"),
    "before_commit": before_commit,
    "after_commit": after_commit,
}
