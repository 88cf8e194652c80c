"""The phases of a job in which a fault can happen: blocks that begin when a processor is held in the phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.faults.files import Case, make_csv
from tests.faults.harness import FaultStack
from tests.faults.holds import Hold
from tests.faults.proxies.storage_fault import Fault
from tests.waiting import until

# A row in the third of the five chunks, and the last row.
MIDDLE, LAST = 1500, 2500
# Rows of a file whose download takes some two seconds at the speed to which Storage is limited.
LONG = 18_000
CLAIM_LOCK = "select pg_advisory_lock(hashtextextended('importer.claim_jobs', 0))"
# The commit of a chunk needs the first table, the end of a job the second.
LEDGER_LOCK = "lock table importer.job_chunks in share row exclusive mode"
EVENTS_LOCK = "lock table public.import_job_events in share row exclusive mode"

Phase = Callable[[FaultStack], AbstractContextManager[Case]]


@contextmanager
def before_claim(stack: FaultStack) -> Iterator[Case]:
    """A processor has begun to claim the job, and the claim waits for a lock."""
    with stack.hold(CLAIM_LOCK) as hold:
        # The job is long due, since the claim that waits here may have begun before this insert.
        case = stack.insert(stack.table(), run_after="2026-01-01")
        hold.wait_for("%claim_jobs%")
        yield case


@contextmanager
def after_claim(stack: FaultStack) -> Iterator[Case]:
    """The job is claimed, and Storage has not responded."""
    table = stack.table()
    stack.storage_line.freeze()
    case = stack.insert(table)
    stack.until_job(case, status="running", phase="opening")
    # The attempt connects to Storage after it has connected to Postgres.
    until(lambda: stack.storage_line.connections > 0, lambda: stack.job(case.job))
    yield case
    stack.storage_line.resume()


@contextmanager
def mid_download(stack: FaultStack) -> Iterator[Case]:
    """Some chunks are committed, and the body of Storage's response has stopped in the middle."""
    stack.storage.add(Fault(kind="slow", bytes_per_second=1_000_000, remaining=None))
    case = stack.insert(stack.table(), make_csv(LONG))
    until(lambda: stack.job(case.job)["chunks_done"] >= 1, lambda: stack.job(case.job))
    stack.storage_line.freeze()
    assert stack.job(case.job)["rows_read"] < LONG
    stack.storage.clear()
    yield case
    stack.storage_line.resume()


@contextmanager
def gated(stack: FaultStack, row: int, key: str = "") -> Iterator[tuple[Case, Hold]]:
    """The COPY of the chunk with this row waits at the row."""
    with stack.gate(row) as gate:
        case = stack.insert(stack.table(row, key=key))
        gate.wait_for("copy%")
        yield case, gate


@contextmanager
def mid_copy(stack: FaultStack, key: str = "") -> Iterator[Case]:
    """Two chunks are committed, and half of the rows of the third are copied."""
    with gated(stack, MIDDLE, key) as (case, _):
        assert stack.job(case.job)["chunks_done"] == 2
        yield case


@contextmanager
def after_copy(stack: FaultStack, row: int, lock: str, query: str) -> Iterator[Case]:
    """The chunk with this row is copied, and a statement like `query` after it waits for a lock."""
    with gated(stack, row) as (case, gate), stack.hold(lock) as hold:
        gate.release()
        hold.wait_for(query)
        yield case


PHASES: dict[str, Phase] = {
    "before_claim": before_claim,
    "after_claim": after_claim,
    "mid_download": mid_download,
    "mid_copy": mid_copy,
    # Uncommitted rows block the rows of other sessions that have the same key.
    "mid_copy_with_key": partial(mid_copy, key="primary key"),
    # The rows of the third chunk are copied, and its ledger entry is not written.
    "before_commit": partial(after_copy, row=MIDDLE, lock=LEDGER_LOCK, query="%commit_chunk%"),
    # All chunks are committed, and the job is not completed.
    "after_commit": partial(after_copy, row=LAST, lock=EVENTS_LOCK, query="%finish_job%"),
}
