"""Invariants of states: how jobs ended, how often they were tried, and what may not come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from tests.chaos.facts import Event, Facts
from tests.chaos.line import Line
from tests.chaos.spec import ENDS
from tests.chaos.task import Task

PROCESSOR = "import_processor"


def ended(facts: Facts, tasks: Iterable[Task]) -> Line:
    """Every job that was accepted is there and has ended as it must."""
    line = Line("every job ended, and for the reason it must")
    statuses: Counter[str] = Counter()
    for task in tasks:
        source, job = task.spec.source, facts.jobs.get(task.spec.id)
        if job is None:
            if task.inserted:
                line.wrong("its insert was confirmed and it is not there", source)
            continue
        statuses[job.status] += 1
        if not job.ended:
            line.wrong(f"still {job.status}", source)
        elif job.status != "cancelled":
            line.compare(f"{job.status} with code", job.error_code, ENDS[task.spec.purpose], source)
    line.counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    return line


def attempts(facts: Facts, tasks: Iterable[Task]) -> Line:
    """No job was claimed more often than it may be, in any series that began with an insert or a retry by hand."""
    line = Line("no attempt over the limit")
    claims = most = 0
    for task in tasks:
        job = facts.jobs.get(task.spec.id)
        if job is None:
            continue
        found = series(facts.events.get(job.id, []))
        claims += sum(found)
        most = max(most, *found)
        for count in (job.attempts, *found):
            if count > job.max_attempts:
                line.wrong(f"{count} attempts of at most {job.max_attempts}", task.spec.source)
    line.counted = f"{claims} claims, {most} at most"
    return line


def series(events: list[Event]) -> list[int]:
    """Count the claims of each series; an attempt that was given back does not count."""
    found = [0]
    for event in events:
        if event.event == "pending" and event.before in ("failed", "cancelled"):
            found.append(0)
        found[-1] += {"running": 1, "released": -1}.get(event.event, 0)
    return found


def cancelled(facts: Facts, tasks: Iterable[Task]) -> Line:
    """What was cancelled stays so until somebody asks for it again; what is completed stays completed."""
    line = Line("cancelled jobs stay cancelled, completed ones completed")
    total = 0
    for task in tasks:
        events = [event for event in facts.events.get(task.spec.id, []) if event.is_transition]
        times = sum(event.event == "cancelled" for event in events)
        total += times
        if times < task.cancels:
            line.wrong(f"{task.cancels} cancellations were confirmed, {times} are there", task.spec.source)
        for event in events:
            if event.before in ("cancelled", "completed") and event.by == PROCESSOR:
                line.wrong(f"went from {event.before} to {event.event} by itself", task.spec.source)
        for one, two in pairwise(events):
            line.compare(f"{two.event} came from", two.before, one.event, task.spec.source)
    line.counted = f"{total} cancellations"
    return line


def stages(facts: Facts) -> Line:
    """Nothing is left of all-or-nothing jobs."""
    line = Line("no staging table left")
    for name in facts.stages:
        line.wrong(f"{name} is left")
    line.counted = f"{len(facts.stages)} tables"
    return line
