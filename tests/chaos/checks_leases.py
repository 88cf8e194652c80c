"""Invariants of leases: a job has one lease at a time, and only its holder commits chunks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from tests.chaos.invariant import Invariant
from tests.chaos.observer import Lease, Observations
from tests.chaos.snapshot import Event, Snapshot
from tests.chaos.submitted_job import SubmittedJob

# In the detail of the event lease_lost.
SESSION_ENDED = '"cause": "session"'


@dataclass(frozen=True, slots=True)
class Attempt:
    """The time from a claim to the event that ended it; `end` is None while it is running.

    `lease_lost` is the time of the event lease_lost, except where the end of a session was its cause: a lease may then
    be lost before it expires. All times are those of the events.
    """

    number: int
    start: datetime
    end: datetime | None
    lease_lost: datetime | None

    def contains(self, moment: datetime) -> bool:
        """Return whether a moment lies within the attempt."""
        return self.start <= moment and (self.end is None or moment <= self.end)


def attempts_of(events: list[Event]) -> list[Attempt]:
    """Return the attempts in the events of a job; the last one may still be running."""
    attempts: list[Attempt] = []
    lease_lost: datetime | None = None
    for event in events:
        if event.event == "lease_lost" and SESSION_ENDED not in event.detail:
            lease_lost = event.happened_at
        if not event.is_transition:
            continue
        if attempts and attempts[-1].end is None:
            attempts[-1] = Attempt(attempts[-1].number, attempts[-1].start, event.happened_at, lease_lost)
        if event.event == "running":
            attempts.append(Attempt(event.attempt, event.happened_at, None, None))
        lease_lost = None
    return attempts


def check_one_lease_at_a_time(data: Snapshot, jobs: Iterable[SubmittedJob], observations: Observations) -> Invariant:
    """Check that a job never had two leases, as observed and by the order of its claims and ends."""
    invariant = Invariant("a job never has two leases")
    for text in observations.violations:
        invariant.add_violation(text)
    leases_by_job: dict[UUID, list[Lease]] = {}
    for lease in sorted(observations.leases.values(), key=lambda lease: lease.claimed_at):
        leases_by_job.setdefault(lease.job_id, []).append(lease)
    for job in jobs:
        source, events = job.spec.source, data.events.get(job.spec.id, [])
        for event, following in pairwise(events):
            if event.event == following.event == "running":
                invariant.add_violation(f"claimed at {following.happened_at} while it was running", source)
        attempts = attempts_of(events)
        matched: set[Attempt] = set()
        for lease in leases_by_job.get(job.spec.id, []):
            match_lease(invariant, lease, attempts, matched, source)
    invariant.counted = f"{len(observations.leases)} leases, {observations.samples:,} samples"
    return invariant


def match_lease(
    invariant: Invariant, lease: Lease, attempts: list[Attempt], matched: set[Attempt], source: int
) -> None:
    """Find the attempt of a lease and compare the two; the statement that writes the lease writes its event next."""
    at = next((index for index, attempt in enumerate(attempts) if attempt.start >= lease.claimed_at), None)
    if at is None:
        invariant.add_violation(f"no claim belongs to the lease of {lease.claimed_at}", source)
        return
    attempt, previous = attempts[at], attempts[at - 1] if at else None
    invariant.expect_equal("attempt of a lease", lease.attempt, attempt.number, source)
    if attempt in matched:
        invariant.add_violation(f"two leases for one claim: {lease.token} of {lease.worker}", source)
    matched.add(attempt)
    if previous is not None and (previous.end is None or previous.end > lease.claimed_at):
        invariant.add_violation(f"claimed at {lease.claimed_at}, the attempt before ended at {previous.end}", source)
    if attempt.lease_lost is not None and attempt.lease_lost < lease.expires_at:
        text = f"{lease.worker} lost the lease at {attempt.lease_lost}, before it expired at {lease.expires_at}"
        invariant.add_violation(text, source)


def check_ledger_writers(data: Snapshot, jobs: Iterable[SubmittedJob]) -> Invariant:
    """Check that the attempt that held the lease wrote each ledger entry."""
    invariant = Invariant("the attempt that held the lease wrote every ledger entry")
    total = 0
    for job in jobs:
        attempts = attempts_of(data.events.get(job.spec.id, []))
        for chunk in data.chunks.get(job.spec.id, []):
            total += 1
            holder = next((attempt.number for attempt in attempts if attempt.contains(chunk.committed_at)), None)
            what = f"attempt of chunk {chunk.seq} at {chunk.committed_at}"
            invariant.expect_equal(what, chunk.attempt, holder, job.spec.source)
    invariant.counted = f"{total:,} entries"
    return invariant


def check_atomic_rows_hidden(observations: Observations) -> Invariant:
    """Check that no row of an atomic job was visible before the job completed."""
    invariant = Invariant("no row of an atomic job is visible before the job completes")
    for text in observations.visible_rows:
        invariant.add_violation(text)
    invariant.counted = f"{observations.visibility_samples:,} samples"
    return invariant
