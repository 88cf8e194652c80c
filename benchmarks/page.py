"""docs/explanation/benchmarks.md: what was measured, as tables beside the goals."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks import markdown
from benchmarks.compare import RATIO, against_psql
from benchmarks.results import OURS, PSQL, Book, Figure, Result, median
from benchmarks.wording import number, seconds_of, spread, verdict

SMALL = "A size in italics is a small one (`--quick` or `--rows`): a first impression, not what the goal speaks of."


def write(path: Path, book: Book) -> None:
    """Make the page anew."""
    markdown.rewrite(path, generated(book))


def generated(book: Book) -> str:
    """Return the generated part."""
    present = [each for each in book.results.values() if not each.outcome.missing]
    parts = [
        "## Machine\n\n" + markdown.table(("", ""), book.machine.items()),
        comparisons(against_psql(book)),
        goals([each for each in present if each.figure(RATIO) is None and goals_of(each)]),
        *(loaders(each) for each in present if each.name == "peers"),
        *(listed(each) for each in present if each.outcome.listings),
        absent([each for each in book.results.values() if each.outcome.missing]),
        commands(book.results.values()),
    ]
    return "\n\n".join(part for part in parts if part)


def sized(result: Result) -> str:
    """Return the size, in italics when it is not the one that the goal speaks of."""
    return result.outcome.size if result.full else f"*{result.outcome.size}*"


def goal(figure: Figure) -> str:
    """Return a goal and whether it is reached."""
    return f"{figure.goal.text(figure.unit).strip()}, {verdict(figure)}" if figure.goal else ""


def comparisons(results: list[Result]) -> str:
    """Compare with psql."""
    rows = list[tuple[str, ...]]()
    for each in results:
        samples, figure = each.outcome.samples, next(one for one in each.outcome.figures if one.label == RATIO)
        sides = (f"{middle} ({around})" for middle, around in map(spread, (samples[OURS], samples[PSQL])))
        row = (each.title, sized(each), *sides, f"**{figure.value:.2f} ×**", goal(figure), str(len(samples[OURS])))
        rows.append(row)
    if not rows:
        return ""
    header = ("work", "size", "import-jobs: median (spread)", "psql `\\copy`", "times as fast", "goal", "runs")
    plot = "![Times as fast as psql, and rows per second of other loaders](benchmarks.svg)"
    return f"## Against psql\n\n{markdown.table(header, rows)}\n\n{SMALL}\n\n{plot}"


def goals_of(result: Result) -> list[Figure]:
    """Return the figures of a result that are not about other loaders."""
    return [] if result.name in ("peers", "profile") else list(result.outcome.figures)


def goals(results: list[Result]) -> str:
    """List figures that need no other side."""
    rows = [
        (each.title, sized(each), figure.label, f"{number(figure.value)} {figure.unit}".strip(), goal(figure))
        for each in results
        for figure in goals_of(each)
    ]
    header = ("work", "size", "figure", "value", "goal")
    return f"## Memory, growth, latency, many jobs\n\n{markdown.table(header, rows)}" if rows else ""


def loaders(result: Result) -> str:
    """List other loaders beside us."""
    samples, figures = result.outcome.samples, {each.label: each for each in result.outcome.figures}
    rows = list[tuple[str, ...]]()
    for side, seconds in sorted(samples.items(), key=lambda pair: median(pair[1])):
        figure = figures.get(f"times as fast as {side}")
        times = f"{number(figure.value)} ×" if figure else ""
        speed = number(figures[f"rows per second of {side}"].value)
        rows.append((side, *spread(seconds), speed, times, goal(figure) if figure else ""))
    header = ("loader", "median", "spread", "rows/s", "we are so many times as fast", "goal")
    notes = "\n".join(f"- {each}" for each in result.outcome.notes)
    return f"## Other loaders\n\n{sized(result)}\n\n{markdown.table(header, rows)}\n\n{notes}".rstrip()


def listed(result: Result) -> str:
    """Show a result's own tables, and the profile's figures."""
    parts = [f"## {result.title.capitalize()}\n\n{sized(result)}"]
    if result.name == "profile":
        rows = [(each.label, f"{number(each.value)} {each.unit}".strip()) for each in result.outcome.figures]
        parts.append(markdown.table(("figure", "value"), rows))
    parts += [f"{each.title}:\n\n{markdown.table(each.header, each.rows)}" for each in result.outcome.listings]
    return "\n\n".join(parts)


def absent(results: list[Result]) -> str:
    """Name what did not run, and why."""
    lines = "\n".join(f"- {each.title} (`{each.name}`): {each.outcome.missing}" for each in results)
    return f"## Not measured\n\n{lines}" if lines else ""


def commands(results: Iterable[Result]) -> str:
    """Say how each is repeated, and when it was run."""
    rows = [(each.title, f"`{each.command}`", each.date, total(each)) for each in results]
    return f"## Commands\n\n{markdown.table(('work', 'command', 'date', 'time of all runs'), rows)}" if rows else ""


def total(result: Result) -> str:
    """Return the sum of a result's runs."""
    seconds = sum(sum(each) for each in result.outcome.samples.values())
    return seconds_of(seconds) if seconds else ""
