"""Run benchmarks, save their results, and make the pages from them: scripts/bench."""

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from httpx import HTTPError
from rich.console import Console

from benchmarks import machine, page, paths, plot, results, scale, terminal
from benchmarks.arguments import positive_integer, positive_number
from benchmarks.catalog import ALL, BY_NAME, Benchmark
from benchmarks.results import Outcome, Result, ResultSet
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack, benchmark_stack
from benchmarks.standalone import BYTES_PER_ROW
from processor.errors import UserError
from processor.local.signals import run_script


@dataclass(frozen=True, slots=True)
class Selection:
    """The benchmarks to run, and their size; None stands for the size in the catalog."""

    names: tuple[str, ...]
    quick: bool
    rows: int | None
    runs: int | None

    def size(self, benchmark: Benchmark) -> Size:
        """Return the size at which a benchmark runs."""
        default = benchmark.quick if self.quick else benchmark.full
        return Size(self.rows or default.rows, self.runs or default.runs)

    def command(self, benchmark: Benchmark) -> str:
        """Return the command that repeats a benchmark at this size."""
        size, default = self.size(benchmark), benchmark.quick if self.quick else benchmark.full
        options = [
            *(["--quick"] if self.quick else []),
            *([f"--rows {size.rows}"] if size.rows != default.rows else []),
            *([f"--runs {size.runs}"] if size.runs != default.runs else []),
        ]
        return " ".join(["scripts/bench run", benchmark.name, *options])


def measure(benchmark: Benchmark, stack: BenchmarkStack, selection: Selection) -> Result:
    """Run one benchmark; an error that prevents it becomes part of the result."""
    size = selection.size(benchmark)
    try:
        stack.require_disk_space(size.rows * benchmark.disk_bytes)
        outcome = benchmark.run(stack, size)
    except (UserError, psycopg.Error, HTTPError) as exc:
        outcome = Outcome(size=f"{size.rows:,} rows", missing=" ".join(str(exc).split())[:300])
        stack.restart()
    return Result(
        name=benchmark.name,
        title=benchmark.title,
        command=selection.command(benchmark),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        measured_on=f"PostgreSQL {stack.scalar('show server_version')}, {machine.cpu_name()}",
        full=size.rows >= benchmark.full.rows and size.runs >= benchmark.full.runs,
        outcome=outcome,
    )


def publish(result_set: ResultSet) -> None:
    """Save the results, and write the pages and the plot made from them."""
    results.save(paths.RESULTS, result_set)
    page.write(paths.BENCHMARKS_PAGE, result_set)
    paths.PLOT.write_text(plot.svg(result_set), encoding="utf-8")
    scale.write(paths.SCALE_PAGE, result_set)


def run(selection: Selection, console: Console, *, publishing: bool) -> bool:
    """Run benchmarks one after the other on one stack, and publish after each; return whether all of them ran."""
    complete, started = True, time.monotonic()
    with benchmark_stack() as stack:
        description = machine.describe(stack)
        for name in selection.names:
            console.print(f"[dim]{time.monotonic() - started:6.0f} s  {name}: {BY_NAME[name].title} …[/]")
            result = measure(BY_NAME[name], stack, selection)
            complete = complete and not result.outcome.missing
            terminal.print_result(console, result)
            if publishing:
                publish(ResultSet(description, results.load(paths.RESULTS).results).with_result(result))
    console.print(f"[dim]{time.monotonic() - started:6.0f} s  done[/]")
    return complete


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure import-jobs on a temporary stack.")
    parser.add_argument("what", nargs="*", default=["run"], help="run NAME …, page, list, or the name of a benchmark")
    parser.add_argument("--quick", action="store_true", help="use small sizes, which take minutes instead of hours")
    parser.add_argument("--rows", type=positive_integer, help="rows of the file, instead of the benchmark's own number")
    parser.add_argument("--gigabytes", type=positive_number, help="the same as a size, for files of people")
    parser.add_argument("--runs", type=positive_integer, help="runs of each side")
    parser.add_argument("--no-write", action="store_true", help="do not write to docs/")
    return parser.parse_args(arguments)


def selected_names(what: list[str]) -> tuple[str, ...]:
    """Return the benchmarks that the command line names, or all when it names none.

    Raises: UserError for an unknown name.
    """
    names = what[1:] if what and what[0] == "run" else what
    for name in names:
        if name not in BY_NAME:
            raise UserError(f"unknown benchmark {name!r}", "Run scripts/bench list for the names.")
    return tuple(names) or tuple(BY_NAME)


def main() -> int:
    """Execute the command line; return the exit status."""
    arguments, console = parse_arguments(sys.argv[1:]), Console()
    if arguments.what == ["list"]:
        terminal.print_catalog(console, ALL)
        return 0
    if arguments.what == ["page"]:
        publish(results.load(paths.RESULTS))
        return 0
    rows = arguments.rows or (int(arguments.gigabytes * 1e9 / BYTES_PER_ROW) if arguments.gigabytes else None)
    selection = Selection(selected_names(arguments.what), arguments.quick, rows, arguments.runs)
    return 0 if run(selection, console, publishing=not arguments.no_write) else 1


if __name__ == "__main__":
    run_script(main)
