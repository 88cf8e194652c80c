"""Results in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.catalog import Bench
from benchmarks.results import Figure, Result
from benchmarks.wording import number, spread, verdict


def result(console: Console, found: Result) -> None:
    """Print one result: seconds by side, figures beside their goals, listings."""
    outcome = found.outcome
    if outcome.missing:
        console.print(f"[yellow]{found.name}: not measured: {outcome.missing}[/]")
        return
    if outcome.samples:
        console.print(samples(found))
    if outcome.figures:
        console.print(figures(found.title if not outcome.samples else "", outcome.figures, outcome.size))
    for listing in outcome.listings:
        table = Table(*listing.header, title=listing.title, title_justify="left")
        for row in listing.rows:
            table.add_row(*row)
        console.print(table)
    for note in outcome.notes:
        console.print(f"[dim]{note}[/]")


def samples(found: Result) -> Table:
    """Return a table of medians and spreads."""
    title = f"{found.title} ({found.outcome.size})"
    table = Table("side", "median", "spread", "runs", title=title, title_justify="left")
    for side, seconds in found.outcome.samples.items():
        table.add_row(side, *spread(seconds), str(len(seconds)))
    return table


def figures(title: str, found: Iterable[Figure], size: str) -> Table:
    """Return a table of figures beside their goals."""
    table = Table("figure", "value", "goal", "", title=f"{title} ({size})" if title else None, title_justify="left")
    for each in found:
        goal = each.goal.text(each.unit) if each.goal else ""
        table.add_row(each.label, f"{number(each.value)} {each.unit}", goal, verdict(each))
    return table


def catalog(console: Console, benches: Iterable[Bench]) -> None:
    """Print what there is."""
    table = Table("name", "what", "rows", "runs", "quick: rows", "runs")
    for each in benches:
        sizes = (each.full.rows, each.full.runs, each.quick.rows, each.quick.runs)
        table.add_row(each.name, each.title, *(f"{value:,}" for value in sizes))
    console.print(table)
