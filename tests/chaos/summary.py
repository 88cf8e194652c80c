"""The summary of a run: one line for each invariant, and an explanation of those that do not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos.invariant import Invariant
from tests.chaos.snapshot import Event
from tests.chaos.submitted_job import SubmittedJob

# The explanation is limited to the first violations, the first jobs, and the last events of each job.
VIOLATIONS, JOBS, EVENTS = 10, 5, 60


def show(console: Console, title: str, invariants: list[Invariant]) -> None:
    """Print the table of all invariants."""
    table = Table("invariant", "counted", "", title=title, title_justify="left")
    for invariant in invariants:
        result = "[green]ok[/]" if invariant.holds else f"[red]FAILED ({len(invariant.violations)})[/]"
        table.add_row(invariant.name, invariant.counted, result)
    console.print(table)


def explain(
    console: Console,
    invariants: Iterable[Invariant],
    jobs: Mapping[int, SubmittedJob],
    events: Mapping[UUID, list[Event]],
    timeline: Path,
) -> None:
    """Print the violations, the events of their jobs, and the timeline."""
    failed = [invariant for invariant in invariants if not invariant.holds]
    for invariant in failed:
        console.print(f"[red]FAILED[/] {invariant.name}")
        for violation in invariant.violations[:VIOLATIONS]:
            job = f"job {violation.source}: " if violation.source is not None else ""
            console.print(f"  {escape(job + violation.text)}", soft_wrap=True)
    violations = [violation for invariant in failed for violation in invariant.violations]
    sources = dict.fromkeys(violation.source for violation in violations if violation.source in jobs)
    for source in list(sources)[:JOBS]:
        spec = jobs[source or 0].spec
        console.print(f"[bold]events of job {source}[/] ({spec.id})")
        for event in events.get(spec.id, [])[-EVENTS:]:
            line = f"  {event.happened_at} {event.event} attempt {event.attempt} {escape(event.detail)}"
            console.print(line, soft_wrap=True)
    console.print("[bold]timeline[/]")
    console.print(escape(timeline.read_text(encoding="utf-8")), soft_wrap=True)
