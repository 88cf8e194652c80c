"""All peers beside us and psql, in turn, on the same file."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare import made
from benchmarks.files import PEOPLE
from benchmarks.peers.program import ABSENT
from benchmarks.results import OURS, PSQL, Figure, Goal, Outcome, median, ratio
from benchmarks.rig import Rig, quiet_environment
from benchmarks.sides import Wish, alternate, copy_in, expect_rows, job, psql
from benchmarks.size import Size
from benchmarks.storage import stored
from processor.errors import UserError

TABLE = "public.bench_peers"
DROP_DLT = "drop schema if exists bench_dlt cascade; drop schema if exists bench_dlt_staging cascade;"
# Those that we have a goal against.
SLOW = ("dlt", "pgloader")


@dataclass(frozen=True, slots=True)
class Program:
    """A peer: its module, what it is given besides URL, file and table, and where the rows are afterwards."""

    module: str
    options: tuple[str, ...] = ()
    place: str = TABLE


PROGRAMS = {
    "adbc from polars": Program("polars_adbc"),
    "pandas to_sql": Program("pandas_to_sql"),
    "dlt": Program("dlt_pipeline", place="bench_dlt.bench_peers"),
    "dlt, COPY of csv": Program("dlt_pipeline", ("csv",), "bench_dlt.bench_peers"),
    "pgloader": Program("pgloader"),
}


def timed(rig: Rig, name: str, file: Path) -> float:
    """Run a peer; return the seconds that it says.

    Raises: UserError, also when it is not installed.
    """
    program = PROGRAMS[name]
    module = f"benchmarks.peers.{program.module}"
    command = [sys.executable, "-m", module, rig.env["DATABASE_URL"], str(file), TABLE, *program.options]
    # The role's own two minutes, meant for clients of an API, would end the slower ones.
    env = {**quiet_environment(), "PGOPTIONS": "-c statement_timeout=0"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode == ABSENT:
        raise UserError(done.stdout.strip().splitlines()[-1])
    said = [line for line in done.stdout.splitlines() if line.startswith("seconds ")]
    if done.returncode or not said:
        raise UserError(f"{name} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return float(said[-1].split()[1])


def peers(rig: Rig, size: Size) -> Outcome:
    """Time everybody on the same file; a peer that is not installed or fails is left out and named."""
    setup = made(TABLE, PEOPLE.columns) + DROP_DLT
    left_out: dict[str, str] = {}

    def attempt(name: str, file: Path) -> float:
        try:
            return 0.0 if name in left_out else timed(rig, name, file)
        except UserError as problem:
            left_out[name] = str(problem)
            return 0.0

    def check(side: str) -> None:
        if side not in left_out:
            expect_rows(rig, PROGRAMS[side].place if side in PROGRAMS else TABLE, size.rows)

    with rig.scratch() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        megabytes = file.stat().st_size / 1e6
        with stored(rig.env, [file]) as (path,):
            sides: dict[str, Callable[[], float]] = {
                OURS: lambda: job(rig, Wish(path, "bench_peers"))["seconds"],
                PSQL: lambda: psql(rig, [copy_in(TABLE, file)]),
                **{name: lambda name=name: attempt(name, file) for name in PROGRAMS},
            }
            samples = alternate(sides, size.runs, lambda: rig.fresh(setup), check)
    rig.fresh(DROP_DLT + f"drop table {TABLE}")
    present = {name: seconds for name, seconds in samples.items() if name not in left_out}
    notes = tuple(f"{name}: skipped, {why}" for name, why in left_out.items())
    return Outcome(f"{size.rows:,} rows, {megabytes:,.0f} MB", present, figures(present, size.rows), notes=notes)


def figures(samples: dict[str, list[float]], rows: int) -> tuple[Figure, ...]:
    """Return how many times as fast we are as each, and everybody's speed."""
    others = [name for name in samples if name != OURS]
    return (
        *(
            Figure(f"times as fast as {name}", ratio(samples, name), "×", Goal(low=5) if name in SLOW else None)
            for name in others
        ),
        *(Figure(f"rows per second of {name}", rows / median(seconds), "rows/s") for name, seconds in samples.items()),
    )
