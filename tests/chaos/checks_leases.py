"""Invariants of leases: one holder at a time, and no chunk by anybody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from tests.chaos.facts import Event, Facts
from tests.chaos.line import Line
from tests.chaos.sampler import Lease, Sight
from tests.chaos.task import Task


@dataclass(frozen=True, slots=True)
class Run:
    """The time between a claim and what ended it; `lost` when the lease was over (the events' own clock)."""

    attempt: int
    start: datetime
    end: datetime | None
    lost: datetime | None

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.start <= at and (self.end is None or at <= self.end)


def runs(events: list[Event]) -> list[Run]:
    """Cut a job's events into runs; the last one may be open."""
    found: list[Run] = []
    lost: datetime | None = None
    for event in events:
        if event.event == "lease_lost":
            lost = event.happened_at
        if not event.is_transition:
            continue
        if found and found[-1].end is None:
            found[-1] = Run(found[-1].attempt, found[-1].start, event.happened_at, lost)
        if event.event == "running":
            found.append(Run(event.attempt, event.happened_at, None, None))
        lost = None
    return found


def one_at_a_time(facts: Facts, tasks: Iterable[Task], sight: Sight) -> Line:
    """Never two live leases: as watched, and by the order of claims and ends."""
    line = Line("never two live leases")
    for text in sight.wrong:
        line.wrong(text)
    numbers = {task.spec.id: task.spec.source for task in tasks}
    by_job: dict[UUID, list[Lease]] = {}
    for lease in sorted(sight.leases.values(), key=lambda lease: lease.claimed_at):
        by_job.setdefault(lease.job_id, []).append(lease)
    for job_id, source in numbers.items():
        events = facts.events.get(job_id, [])
        for one, two in pairwise(events):
            if one.event == two.event == "running":
                line.wrong(f"claimed at {two.happened_at} while it was running", source)
        found = runs(events)
        used: set[Run] = set()
        for lease in by_job.get(job_id, []):
            follow(line, lease, found, used, source)
    line.counted = f"{len(sight.leases)} leases, {sight.looks:,} looks"
    return line


def follow(line: Line, lease: Lease, found: list[Run], used: set[Run], source: int) -> None:
    """Find the run of a lease: the claim's event comes right after the lease was written, in the same statement."""
    at = next((number for number, run in enumerate(found) if run.start >= lease.claimed_at), None)
    if at is None:
        line.wrong(f"a lease of {lease.claimed_at} belongs to no claim", source)
        return
    run, before = found[at], found[at - 1] if at else None
    line.compare("attempt of a lease", lease.attempt, run.attempt, source)
    if run in used:
        line.wrong(f"two leases for one claim: {lease.token} of {lease.worker}", source)
    used.add(run)
    if before is not None and (before.end is None or before.end > lease.claimed_at):
        line.wrong(f"claimed at {lease.claimed_at}, before the claim before had ended at {before.end}", source)
    if run.lost is not None and run.lost < lease.expires_at:
        line.wrong(f"taken from {lease.worker} at {run.lost}, but held until {lease.expires_at}", source)


def written_by_holder(facts: Facts, tasks: Iterable[Task]) -> Line:
    """Each entry of the ledger was written by the attempt that held the lease then."""
    line = Line("every ledger entry is of the attempt that held the lease")
    total = 0
    for task in tasks:
        found = runs(facts.events.get(task.spec.id, []))
        for chunk in facts.chunks.get(task.spec.id, []):
            total += 1
            holder = next((run for run in found if run.holds(chunk.committed_at)), None)
            held = None if holder is None else holder.attempt
            line.compare(f"attempt of chunk {chunk.seq} at {chunk.committed_at}", chunk.attempt, held, task.spec.source)
    line.counted = f"{total:,} entries"
    return line


def unseen(sight: Sight) -> Line:
    """No row of an all-or-nothing job was seen before its end."""
    line = Line("nothing of an all-or-nothing job is visible before its end")
    for text in sight.visible:
        line.wrong(text)
    line.counted = f"{sight.atomic_looks:,} looks"
    return line
