"""Run the benchmarks: `python -m processor.bench latency|memory`, or scripts/bench."""

import argparse
import statistics
import sys
import time

from rich.console import Console
from rich.table import Table

from processor.bench.files import COLUMNS, HEADER, people
from processor.bench.rig import Rig, rig
from processor.problem import Problem

LATENCY_RUNS = 50
# Between two jobs, so that each finds an idle system.
IDLE_SECONDS = 0.2


def latency(bench: Rig, table: Table, _: float) -> None:
    """Insert to running and to completed, for files of 1,000 rows on an idle system."""
    bench.target("people", COLUMNS)
    running: list[float] = []
    completed: list[float] = []
    lines = people(bench.folder / "people.csv", (LATENCY_RUNS + 1) * 1000).read_bytes().splitlines(keepends=True)[1:]
    for run in range(LATENCY_RUNS + 1):
        part = bench.folder / "part.csv"
        part.write_bytes(HEADER + b"".join(lines[run * 1000 : run * 1000 + 1000]))
        path = bench.upload(part)
        time.sleep(IDLE_SECONDS)
        job = bench.run(path, "people")
        if run:  # the first one opens connections
            running.append((job["started_at"] - job["created_at"]).total_seconds() * 1000)
            completed.append((job["finished_at"] - job["created_at"]).total_seconds() * 1000)
    for name, values in (("insert to running", running), ("insert to completed", completed)):
        quantiles = statistics.quantiles(values, n=20)
        table.add_row(name, f"{statistics.median(values):.0f} ms", f"{quantiles[18]:.0f} ms", str(len(values)))


def memory(bench: Rig, table: Table, gigabytes: float) -> None:
    """Peak resident memory of the processor over a large file."""
    bench.target("people", COLUMNS)
    before = bench.peak_kilobytes()
    file = people(bench.folder / "large.csv", int(gigabytes * 1e9 / 112))
    size = file.stat().st_size
    path = bench.upload(file)
    file.unlink()
    job = bench.run(path, "people", 0.2)
    seconds = (job["finished_at"] - job["started_at"]).total_seconds()
    table.add_row("file", f"{size / 1e9:.2f} GB", f"{job['rows_loaded']:,} rows", f"{seconds:.0f} s")
    table.add_row(
        "peak resident memory", f"{bench.peak_kilobytes() / 1024:.0f} MiB", f"{before / 1024:.0f} MiB idle", ""
    )


def main() -> int:
    """Run one benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure import-jobs on a stack of its own.")
    parser.add_argument("what", choices=["latency", "memory"])
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the file of the memory run")
    given = parser.parse_args()
    table = Table("", "median", "p95", "runs") if given.what == "latency" else Table("", "", "", "")
    with rig() as bench:
        (latency if given.what == "latency" else memory)(bench, table, given.gigabytes)
    Console().print(table)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
