"""Invariants of states: how jobs ended, how many attempts they had, and which states are final."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from tests.chaos.invariant import Invariant
from tests.chaos.job_spec import EXPECTED_CODES
from tests.chaos.snapshot import Event, Snapshot
from tests.chaos.submitted_job import SubmittedJob

PROCESSOR_ROLE = "import_processor"


def check_ends(data: Snapshot, jobs: Iterable[SubmittedJob]) -> Invariant:
    """Check that every job whose insert was confirmed exists, and has ended with the expected code."""
    invariant = Invariant("every job ended with the expected code")
    statuses: Counter[str] = Counter()
    for submitted in jobs:
        source, job = submitted.spec.source, data.jobs.get(submitted.spec.id)
        if job is None:
            if submitted.inserted:
                invariant.add_violation("its insert was confirmed, but the job does not exist", source)
            continue
        statuses[job.status] += 1
        if not job.ended:
            invariant.add_violation(f"still {job.status}", source)
        elif job.status != "cancelled":
            expected = EXPECTED_CODES[submitted.spec.purpose]
            invariant.expect_equal(f"error_code of a {job.status} job", job.error_code, expected, source)
    invariant.counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    return invariant


def check_attempts(data: Snapshot, jobs: Iterable[SubmittedJob]) -> Invariant:
    """Check that no job was claimed more often than its limit after its insert or after a retry by a client."""
    invariant = Invariant("no job has more attempts than its limit")
    total = most = 0
    for submitted in jobs:
        job = data.jobs.get(submitted.spec.id)
        if job is None:
            continue
        claims = claims_by_retry(data.events.get(job.id, []))
        total += sum(claims)
        most = max(most, *claims)
        for count in (job.attempts, *claims):
            if count > job.max_attempts:
                invariant.add_violation(f"{count} attempts, the limit is {job.max_attempts}", submitted.spec.source)
    invariant.counted = f"{total} claims, {most} at most"
    return invariant


def claims_by_retry(events: list[Event]) -> list[int]:
    """Count the claims after the insert and after each retry by a client; released and restored ones do not count."""
    counts = [0]
    for event in events:
        if event.event == "pending" and event.before in ("failed", "cancelled"):
            counts.append(0)
        counts[-1] += {"running": 1, "released": -1, "attempt_restored": -1}.get(event.event, 0)
    return counts


def check_final_states(data: Snapshot, jobs: Iterable[SubmittedJob]) -> Invariant:
    """Check that a cancelled job stays cancelled until a client retries it, and a completed one stays completed."""
    invariant = Invariant("cancelled jobs stay cancelled, and completed jobs completed")
    total = 0
    for job in jobs:
        source = job.spec.source
        events = [event for event in data.events.get(job.spec.id, []) if event.is_transition]
        cancellations = sum(event.event == "cancelled" for event in events)
        total += cancellations
        if cancellations < job.cancellations:
            text = f"{job.cancellations} cancellations were confirmed, {cancellations} are among the events"
            invariant.add_violation(text, source)
        for event in events:
            if event.before in ("cancelled", "completed") and event.by == PROCESSOR_ROLE:
                invariant.add_violation(f"a processor changed {event.before} to {event.event}", source)
        for event, following in pairwise(events):
            invariant.expect_equal(f"status before {following.event}", following.before, event.event, source)
    invariant.counted = f"{total} cancellations"
    return invariant


def check_staging_tables(data: Snapshot) -> Invariant:
    """Check that no staging table exists."""
    invariant = Invariant("no staging table is left")
    for name in data.staging_tables:
        invariant.add_violation(f"{name} is left")
    invariant.counted = f"{len(data.staging_tables)} tables"
    return invariant
