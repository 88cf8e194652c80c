"""Run benchmarks, keep what they found, make the pages of it: scripts/bench."""

import argparse
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from httpx import HTTPError
from rich.console import Console

from benchmarks import machine, page, plot, results, scale, show
from benchmarks.absolute import BYTES_PER_ROW
from benchmarks.catalog import ALL, BY_NAME, Bench
from benchmarks.results import Book, Outcome, Result
from benchmarks.rig import Rig, rig
from benchmarks.size import Size
from examples.demo import ROOT
from processor.amounts import amount, whole
from processor.errors import UserError

DOCS = ROOT / "docs" / "explanation"
BOOK = DOCS / "benchmarks.json"


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller asked for; None: as the catalog has it."""

    names: tuple[str, ...]
    quick: bool
    rows: int | None
    runs: int | None

    def size(self, bench: Bench) -> Size:
        """Return the size to run a benchmark at."""
        usual = bench.quick if self.quick else bench.full
        return Size(self.rows or usual.rows, self.runs or usual.runs)

    def command(self, bench: Bench) -> str:
        """Return the command that does it again."""
        size, usual = self.size(bench), bench.quick if self.quick else bench.full
        options = [
            *(["--quick"] if self.quick else []),
            *([f"--rows {size.rows}"] if size.rows != usual.rows else []),
            *([f"--runs {size.runs}"] if size.runs != usual.runs else []),
        ]
        return " ".join(["scripts/bench run", bench.name, *options])


def measure(bench: Bench, stack: Rig, given: Given) -> Result:
    """Run one benchmark; what keeps it from running becomes part of the result."""
    size = given.size(bench)
    try:
        stack.need(size.rows * bench.disk_bytes)
        outcome = bench.run(stack, size)
    except (UserError, psycopg.Error, HTTPError) as problem:
        outcome = Outcome(f"{size.rows:,} rows", missing=" ".join(str(problem).split())[:300])
        stack.restart()
    full = size.rows >= bench.full.rows and size.runs >= bench.full.runs
    return Result(bench.name, bench.title, given.command(bench), f"{datetime.now(UTC):%Y-%m-%d}", full, outcome)


def publish(book: Book) -> None:
    """Write the results and everything that is made of them."""
    results.save(BOOK, book)
    page.write(DOCS / "benchmarks.md", book)
    (DOCS / "benchmarks.svg").write_text(plot.svg(book), encoding="utf-8")
    scale.write(DOCS / "scale.md", book)


def run(given: Given, console: Console, *, publishing: bool) -> bool:
    """Run benchmarks one by one on one stack, publishing after each; return whether all of them ran."""
    complete, started = True, time.monotonic()
    with rig() as stack:
        about = machine.describe(stack)
        for name in given.names:
            console.print(f"[dim]{time.monotonic() - started:6.0f} s  {name}: {BY_NAME[name].title} …[/]")
            result = measure(BY_NAME[name], stack, given)
            complete = complete and not result.outcome.missing
            show.result(console, result)
            if publishing:
                publish(Book(about, results.load(BOOK).results).with_result(result))
    console.print(f"[dim]{time.monotonic() - started:6.0f} s  done[/]")
    return complete


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure import-jobs on a stack of its own.")
    parser.add_argument("what", nargs="*", default=["run"], help="run NAME …, page, list, or the name of a benchmark")
    parser.add_argument("--quick", action="store_true", help="everything small: minutes, not hours")
    parser.add_argument("--rows", type=whole, help="another size than the benchmark's own")
    parser.add_argument("--gigabytes", type=amount, help="the same, for files of people")
    parser.add_argument("--runs", type=whole, help="runs of each side")
    parser.add_argument("--no-write", action="store_true", help="leave docs/explanation/ as it is")
    return parser.parse_args(arguments)


def names_of(what: list[str]) -> tuple[str, ...]:
    """Return the benchmarks that were named, all when none was.

    Raises: UserError for a name that there is not.
    """
    names = what[1:] if what and what[0] == "run" else what
    for name in names:
        if name not in BY_NAME:
            raise UserError(f"there is no benchmark {name!r}", "scripts/bench list")
    return tuple(names) or tuple(BY_NAME)


def main() -> int:
    """Do what the command line says; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that being ended leaves no stack behind
    given, console = parsed(sys.argv[1:]), Console()
    if given.what == ["list"]:
        show.catalog(console, ALL)
        return 0
    if given.what == ["page"]:
        publish(results.load(BOOK))
        return 0
    rows = given.rows or (int(given.gigabytes * 1e9 / BYTES_PER_ROW) if given.gigabytes else None)
    wanted = Given(names_of(given.what), given.quick, rows, given.runs)
    return 0 if run(wanted, console, publishing=not given.no_write) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
