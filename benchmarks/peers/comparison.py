"""All loaders, import-jobs and psql, one after the other on the same file."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparisons import create_target
from benchmarks.files import PEOPLE
from benchmarks.measurement import JobRequest, alternate, check_row_count, copy_command, run_job, run_psql
from benchmarks.peers.program import NOT_INSTALLED
from benchmarks.results import OURS, PSQL, Figure, Goal, Outcome, median, ratio
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack, environment_without_libpq
from benchmarks.uploads import uploaded
from processor.errors import UserError

TABLE = "public.bench_peers"
DROP_DLT = "drop schema if exists bench_dlt cascade; drop schema if exists bench_dlt_staging cascade;"
# The loaders against which there is a goal.
WITH_GOAL = ("dlt", "pgloader")


@dataclass(frozen=True, slots=True)
class Program:
    """The program of a loader: its module, its options after URL, file and table, and the table that it fills."""

    module: str
    options: tuple[str, ...] = ()
    table: str = TABLE


PROGRAMS = {
    "adbc from polars": Program("polars_adbc"),
    "pandas to_sql": Program("pandas_to_sql"),
    "dlt": Program("dlt_pipeline", table="bench_dlt.bench_peers"),
    "dlt, COPY of csv": Program("dlt_pipeline", ("csv",), "bench_dlt.bench_peers"),
    "pgloader": Program("pgloader"),
}


def run_program(stack: BenchmarkStack, name: str, file: Path) -> float:
    """Run the program of a loader; return the seconds that it prints.

    Raises: UserError when the loader fails or is not installed.
    """
    program = PROGRAMS[name]
    module = f"benchmarks.peers.{program.module}"
    command = [sys.executable, "-m", module, stack.env["DATABASE_URL"], str(file), TABLE, *program.options]
    # The role's own time-out of two minutes is meant for clients of the Data API and would end the slower loaders.
    env = {**environment_without_libpq(), "PGOPTIONS": "-c statement_timeout=0"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode == NOT_INSTALLED:
        raise UserError(done.stdout.strip().splitlines()[-1])
    printed = [line for line in done.stdout.splitlines() if line.startswith("seconds ")]
    if done.returncode or not printed:
        raise UserError(f"{name} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return float(printed[-1].split()[1])


def peers(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure all loaders on the same file; a loader that fails or is not installed is left out and named."""
    setup = create_target(TABLE, PEOPLE.columns) + DROP_DLT
    left_out: dict[str, str] = {}

    def run_unless_left_out(name: str, file: Path) -> float:
        try:
            return 0.0 if name in left_out else run_program(stack, name, file)
        except UserError as exc:
            left_out[name] = str(exc)
            return 0.0

    def check(side: str) -> None:
        if side not in left_out:
            check_row_count(stack, PROGRAMS[side].table if side in PROGRAMS else TABLE, size.rows)

    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        megabytes = file.stat().st_size / 1e6
        with uploaded(stack.env, [file]) as (path,):
            sides: dict[str, Callable[[], float]] = {
                OURS: lambda: run_job(stack, JobRequest(path, "bench_peers"))["seconds"],
                PSQL: lambda: run_psql(stack, [copy_command(TABLE, file)]),
                **{name: lambda name=name: run_unless_left_out(name, file) for name in PROGRAMS},
            }
            samples = alternate(sides, size.runs, lambda: stack.prepare(setup), check)
    stack.prepare(DROP_DLT + f"drop table {TABLE}")
    measured = {name: seconds for name, seconds in samples.items() if name not in left_out}
    notes = tuple(f"{name}: skipped, {reason}" for name, reason in left_out.items())
    return Outcome(
        size=f"{size.rows:,} rows, {megabytes:,.0f} MB",
        samples=measured,
        figures=figures(measured, size.rows),
        notes=notes,
    )


def figures(samples: dict[str, list[float]], rows: int) -> tuple[Figure, ...]:
    """Return the ratio of each loader to import-jobs, and the rows per second of all."""
    others = [name for name in samples if name != OURS]
    return (
        *(
            Figure(f"times as fast as {name}", ratio(samples, name), "×", Goal(low=5) if name in WITH_GOAL else None)
            for name in others
        ),
        *(Figure(f"rows per second of {name}", rows / median(seconds), "rows/s") for name, seconds in samples.items()),
    )
