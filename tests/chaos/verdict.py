"""The verdict: a table with one line for each invariant, and for what failed, how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos.facts import Event
from tests.chaos.line import Line
from tests.chaos.task import Task

# A failure is told by its first problems; all of them would fill the screen when something is wrong at the root.
PROBLEMS, JOBS, EVENTS = 10, 5, 60


def show(console: Console, title: str, lines: list[Line]) -> None:
    """Print the table."""
    table = Table("invariant", "counted", "", title=title, title_justify="left")
    for line in lines:
        table.add_row(
            line.name, line.counted, "[green]ok[/]" if line.holds else f"[red]FAILED ({len(line.problems)})[/]"
        )
    console.print(table)


def explain(
    console: Console,
    lines: Iterable[Line],
    tasks: Mapping[int, Task],
    events: Mapping[UUID, list[Event]],
    timeline: Path,
) -> None:
    """Print the problems, the events of the jobs they are about, and everything that was done."""
    failed = [line for line in lines if not line.holds]
    for line in failed:
        console.print(f"[red]FAILED[/] {line.name}")
        for problem in line.problems[:PROBLEMS]:
            job = f"job {problem.source}: " if problem.source is not None else ""
            console.print(f"  {escape(job + problem.text)}", soft_wrap=True)
    sources = dict.fromkeys(p.source for line in failed for p in line.problems if p.source in tasks)
    for source in list(sources)[:JOBS]:
        spec = tasks[source or 0].spec
        console.print(f"[bold]events of job {source}[/] ({spec.id})")
        for event in events.get(spec.id, [])[-EVENTS:]:
            console.print(
                f"  {event.happened_at} {event.event} attempt {event.attempt} {escape(event.detail)}", soft_wrap=True
            )
    console.print("[bold]what was done[/]")
    console.print(escape(timeline.read_text(encoding="utf-8")), soft_wrap=True)
