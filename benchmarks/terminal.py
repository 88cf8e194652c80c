"""Print results and the catalog in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.catalog import Benchmark
from benchmarks.formatting import format_number, format_spread, goal_status
from benchmarks.results import Figure, Result


def print_result(console: Console, result: Result) -> None:
    """Print one result: the seconds of each side, the figures with their goals, and the listings."""
    outcome = result.outcome
    if outcome.missing:
        console.print(f"[yellow]{result.name}: not measured: {outcome.missing}[/]")
        return
    if outcome.samples:
        console.print(sample_table(result))
    if outcome.figures:
        title = "" if outcome.samples else f"{result.title} ({outcome.size})"
        console.print(figure_table(title, outcome.figures))
    for listing in outcome.listings:
        table = Table(*listing.header, title=listing.title, title_justify="left")
        for row in listing.rows:
            table.add_row(*row)
        console.print(table)
    for note in outcome.notes:
        console.print(f"[dim]{note}[/]")


def sample_table(result: Result) -> Table:
    """Return a table of the median and the spread of each side."""
    title = f"{result.title} ({result.outcome.size})"
    table = Table("side", "median", "spread", "runs", title=title, title_justify="left")
    for side, seconds in result.outcome.samples.items():
        table.add_row(side, *format_spread(seconds), str(len(seconds)))
    return table


def figure_table(title: str, figures: Iterable[Figure]) -> Table:
    """Return a table of figures with their goals."""
    table = Table("figure", "value", "goal", "", title=title or None, title_justify="left")
    for figure in figures:
        goal = figure.goal.text(figure.unit) if figure.goal else ""
        table.add_row(figure.label, f"{format_number(figure.value)} {figure.unit}", goal, goal_status(figure))
    return table


def print_catalog(console: Console, benchmarks: Iterable[Benchmark]) -> None:
    """Print the name and the sizes of each benchmark."""
    table = Table("name", "what", "rows", "runs", "quick: rows", "runs")
    for benchmark in benchmarks:
        sizes = (benchmark.full.rows, benchmark.full.runs, benchmark.quick.rows, benchmark.quick.runs)
        table.add_row(benchmark.name, benchmark.title, *(f"{value:,}" for value in sizes))
    console.print(table)
