"""The benchmarks page: every result in a table with its goal."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks import markdown, paths
from benchmarks.comparisons import RATIO, against_psql
from benchmarks.formatting import format_figure, format_number, format_seconds, format_spread, goal_status
from benchmarks.refused import ALL, CLEAN, SOME
from benchmarks.results import OURS, PSQL, Figure, Result, ResultSet, median

SMALL = "A size in italics is smaller than the size of the goal (`--quick` or `--rows`), so it is a first impression."


def write(path: Path, result_set: ResultSet) -> None:
    """Write the generated part of the page."""
    markdown.rewrite(path, generate(result_set))


def generate(result_set: ResultSet) -> str:
    """Return the generated part of the page."""
    results = result_set.results.values()
    measured = [result for result in results if not result.outcome.missing]
    parts = [
        "## Machine\n\n" + markdown.table(("", ""), result_set.machine.items()),
        comparison_section(against_psql(result_set)),
        refused_section([result for result in measured if is_refused(result)]),
        figure_section([result for result in measured if result.figure(RATIO) is None and standalone_figures(result)]),
        *(loader_section(result) for result in measured if result.name == "peers"),
        *(listing_section(result) for result in measured if result.outcome.listings),
        missing_section([result for result in results if result.outcome.missing]),
        command_section(results),
    ]
    return "\n\n".join(part for part in parts if part)


def size_cell(result: Result) -> str:
    """Return the size of a result, in italics when it is smaller than the size of the goal."""
    return result.outcome.size if result.full else f"*{result.outcome.size}*"


def goal_cell(figure: Figure) -> str:
    """Return the goal of a figure and whether the figure reaches it."""
    return f"{figure.goal.text(figure.unit).strip()}, {goal_status(figure)}" if figure.goal else ""


def comparison_section(results: list[Result]) -> str:
    """Return the comparisons with psql."""
    if not results:
        return ""
    header = ("work", "size", "import-jobs: median (spread)", "psql `\\copy`", "times as fast", "goal", "runs")
    rows = [comparison_row(result) for result in results]
    plot = f"![Times as fast as psql, and rows per second of other loaders]({paths.PLOT.name})"
    return f"## Against psql\n\n{markdown.table(header, rows)}\n\n{SMALL}\n\n{plot}"


def comparison_row(result: Result) -> tuple[str, ...]:
    """Return one comparison with psql."""
    samples = result.outcome.samples
    figure = next(figure for figure in result.outcome.figures if figure.label == RATIO)
    sides = (f"{middle} ({spread})" for middle, spread in map(format_spread, (samples[OURS], samples[PSQL])))
    ratio, runs = f"**{figure.value:.2f} ×**", str(len(samples[OURS]))
    return (result.title, size_cell(result), *sides, ratio, goal_cell(figure), runs)


def standalone_figures(result: Result) -> list[Figure]:
    """Return the figures of a result, or none where another section shows them."""
    elsewhere = result.name in ("peers", "profile") or is_refused(result)
    return [] if elsewhere else list(result.outcome.figures)


def is_refused(result: Result) -> bool:
    """Return whether a result is about rows that are refused."""
    return result.name.startswith("refused-")


def refused_section(results: list[Result]) -> str:
    """Return how many times as long as a clean file the others take of which rows are refused."""
    if not results:
        return ""
    header = ("refused by", "size", "clean: median (spread)", *(f"{share} refused" for share in (SOME, ALL)), "runs")
    rows = [refused_row(result) for result in results]
    return f"## Refused rows\n\n{markdown.table(header, rows)}\n\n{SMALL}"


def refused_row(result: Result) -> tuple[str, ...]:
    """Return the row of one cause: each ratio with its bound."""
    samples = result.outcome.samples[CLEAN]
    ratios = (f"**{figure.value:.2f} ×**, {goal_cell(figure)}" for figure in result.outcome.figures)
    middle, spread = format_spread(samples)
    title = result.title.removeprefix("refused by ")
    return (title, size_cell(result), f"{middle} ({spread})", *ratios, str(len(samples)))


def figure_section(results: list[Result]) -> str:
    """Return the figures that compare with no other side."""
    rows = [
        (result.title, size_cell(result), figure.label, format_figure(figure), goal_cell(figure))
        for result in results
        for figure in standalone_figures(result)
    ]
    header = ("work", "size", "figure", "value", "goal")
    return f"## Memory, growth, latency, many jobs\n\n{markdown.table(header, rows)}" if rows else ""


def loader_section(result: Result) -> str:
    """Return the other loaders, the fastest first."""
    samples, figures = result.outcome.samples, {figure.label: figure for figure in result.outcome.figures}
    rows = list[tuple[str, ...]]()
    for side, seconds in sorted(samples.items(), key=lambda item: median(item[1])):
        figure = figures.get(f"times as fast as {side}")
        ratio = f"{format_number(figure.value)} ×" if figure else ""
        speed = format_number(figures[f"rows per second of {side}"].value)
        rows.append((side, *format_spread(seconds), speed, ratio, goal_cell(figure) if figure else ""))
    header = ("loader", "median", "spread", "rows/s", "import-jobs is faster by the factor", "goal")
    notes = "\n".join(f"- {note}" for note in result.outcome.notes)
    return f"## Other loaders\n\n{size_cell(result)}\n\n{markdown.table(header, rows)}\n\n{notes}".rstrip()


def listing_section(result: Result) -> str:
    """Return the listings of a result, and the figures of the profile."""
    parts = [f"## {result.title.capitalize()}\n\n{size_cell(result)}"]
    if result.name == "profile":
        rows = [(figure.label, format_figure(figure)) for figure in result.outcome.figures]
        parts.append(markdown.table(("figure", "value"), rows))
    for listing in result.outcome.listings:
        parts.append(f"{listing.title}:\n\n{markdown.table(listing.header, listing.rows)}")
    return "\n\n".join(parts)


def missing_section(results: list[Result]) -> str:
    """Return the benchmarks that did not run, with the reason."""
    lines = "\n".join(f"- {result.title} (`{result.name}`): {result.outcome.missing}" for result in results)
    return f"## Not measured\n\n{lines}" if lines else ""


def command_section(results: Iterable[Result]) -> str:
    """Return the command that repeats each benchmark, and the date, the server and the duration of its last run."""
    rows = [
        (result.title, f"`{result.command}`", result.date, result.measured_on, total_time(result)) for result in results
    ]
    header = ("work", "command", "date", "measured on", "time of all runs")
    return f"## Commands\n\n{markdown.table(header, rows)}" if rows else ""


def total_time(result: Result) -> str:
    """Return the sum of the times of all runs, or an empty text without runs."""
    seconds = sum(sum(samples) for samples in result.outcome.samples.values())
    return format_seconds(seconds) if seconds else ""
