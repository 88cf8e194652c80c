"""Figures that need no other side: memory, growth, latency, many jobs at once."""

import statistics
import time

from psycopg.types.json import Jsonb

from benchmarks.compare import made
from benchmarks.files import PEOPLE
from benchmarks.results import OURS, PSQL, Figure, Goal, Listing, Outcome, median
from benchmarks.rig import Rig
from benchmarks.sides import FORCE, TAKEN_SECONDS, Wish, alternate, copy_in, expect_rows, job, psql
from benchmarks.size import Size
from benchmarks.storage import stored
from processor.cli.upload import BUCKET
from processor.errors import UserError

BYTES_PER_ROW = 102
# Megabytes of the memory run's files, up to the size asked for.
STEPS = (1, 10, 100, 500, 2_000, 10_000)
# Between two jobs, so that each finds an idle system.
IDLE_SECONDS = 0.2
INSERT_ALL = """insert into public.import_jobs (bucket_id, object_path, target, options)
select %s, path, %s, %s from unnest(%s::text[]) as path"""
WAIT_ALL = "select count(*) from public.import_jobs where target = %s and status in ('pending', 'running')"
SPAN = """select extract(epoch from max(finished_at) - min(created_at))::float8,
  count(*) filter (where status = 'completed') from public.import_jobs where target = %s"""
RINGS = """select coalesce(last_value, 0) from pg_sequences
where schemaname = 'net' and sequencename = 'http_request_queue_id_seq'"""


def memory(rig: Rig, size: Size) -> Outcome:
    """Return the peak resident memory of a new processor for each file."""
    largest = max(size.rows * BYTES_PER_ROW / 1e6, 2)
    steps = sorted({step for step in STEPS if step < 0.9 * largest} | {round(largest)})
    peaks: dict[int, float] = {}
    rows: list[tuple[str, ...]] = []
    for step in steps:
        rig.restart()
        idle = rig.processor.peak_kilobytes() / 1024
        table, count = "public.bench_memory", step * 1_000_000 // BYTES_PER_ROW
        rig.fresh(made(table, PEOPLE.columns))
        with rig.scratch() as folder:
            file = PEOPLE.write(folder / "file.csv", count)
            with stored(rig.env, [file]) as (path,):
                file.unlink()  # one copy of 10 GB is enough
                seconds = job(rig, Wish(path, "bench_memory"), 0.2)["seconds"]
        expect_rows(rig, table, count)
        peaks[step] = rig.processor.peak_kilobytes() / 1024
        rows.append((f"{step:,} MB", f"{count:,}", f"{seconds:,.1f} s", f"{peaks[step]:.0f} MiB", f"{idle:.0f} MiB"))
    rig.fresh("drop table public.bench_memory")
    base = 500 if 500 in peaks and steps[-1] > 500 else steps[-2]
    figures = (
        Figure("peak resident memory", max(peaks.values()), "MiB", Goal(high=350)),
        Figure(f"{steps[-1]:,} MB against {base:,} MB", peaks[steps[-1]] / peaks[base], "×", Goal(high=1.1)),
    )
    header = ("file", "rows", "time", "peak resident memory", "idle")
    return Outcome(f"files up to {steps[-1]:,} MB", {}, figures, (Listing("Memory", header, tuple(rows)),))


def growth(rig: Rig, size: Size) -> Outcome:
    """Compare the time per row of a file with that of one of a twentieth of its rows."""
    table, small = "public.bench_growth", size.rows // 20
    with rig.scratch() as folder:
        large_file = PEOPLE.write(folder / "large.csv", size.rows)
        small_file = PEOPLE.write(folder / "small.csv", small)
        with stored(rig.env, [large_file, small_file]) as (large_path, small_path):
            samples = alternate(
                {
                    OURS: lambda: job(rig, Wish(large_path, "bench_growth"))["seconds"],
                    "import-jobs, a twentieth": lambda: job(rig, Wish(small_path, "bench_growth"))["seconds"],
                    PSQL: lambda: psql(rig, [copy_in(table, large_file)]),
                    "psql, a twentieth": lambda: psql(rig, [copy_in(table, small_file)]),
                },
                size.runs,
                lambda: rig.fresh(made(table, PEOPLE.columns)),
                lambda side: expect_rows(rig, table, small if side.endswith("twentieth") else size.rows),
            )
    rig.fresh(f"drop table {table}")
    ours, theirs = (median(samples[side]) / median(samples[f"{side}, a twentieth"]) / 20 for side in (OURS, PSQL))
    figures = (
        Figure("time per row against a twentieth of the rows", ours, "×", Goal(high=1.15)),
        Figure("the same of psql", theirs, "×"),
    )
    return Outcome(f"{size.rows:,} and {small:,} rows", samples, figures)


def latency(rig: Rig, size: Size) -> Outcome:
    """Return how long files of 1,000 rows take from insert to running and to completed, one by one."""
    table = "public.bench_latency"
    rig.fresh(made(table, PEOPLE.columns))
    running: list[float] = []
    completed: list[float] = []
    with rig.scratch() as folder:
        files = [
            PEOPLE.write(folder / f"{n}.csv", size.rows, first=(n + 1) * size.rows)
            for n in range(max(size.runs, 2) + 1)
        ]
        with stored(rig.env, files) as paths:
            for path in paths:
                time.sleep(IDLE_SECONDS)
                done = job(rig, Wish(path, "bench_latency"), 0.005)
                running.append((done["started_at"] - done["created_at"]).total_seconds() * 1000)
                completed.append(done["seconds"] * 1000)
    rig.fresh(f"drop table {table}")
    del running[0], completed[0]  # the first one opens connections
    figures = (
        Figure("insert to running, median", median(running), "ms"),
        Figure("insert to running, p95", statistics.quantiles(running, n=20)[18], "ms"),
        Figure("insert to completed, median", median(completed), "ms", Goal(high=150)),
        Figure("insert to completed, p95", statistics.quantiles(completed, n=20)[18], "ms", Goal(high=300)),
    )
    return Outcome(f"{len(running)} files of {size.rows:,} rows", {}, figures)


def burst(rig: Rig, paths: list[str], target: str) -> tuple[float, int, int]:
    """Insert a job for each path in one statement; return seconds to the last end, how many completed, and rings."""
    before = rig.one(RINGS) or 0
    rig.sql(INSERT_ALL, (BUCKET, target, Jsonb(FORCE), paths))
    rings = (rig.one(RINGS) or 0) - before
    left, moved = len(paths), time.monotonic()
    while now_left := rig.one(WAIT_ALL, (target,)):
        if now_left != left:
            left, moved = now_left, time.monotonic()
        if time.monotonic() > moved + TAKEN_SECONDS:
            raise UserError(f"{left} jobs have not moved for {TAKEN_SECONDS} s")
        time.sleep(0.1)
    seconds, completed = rig.sql(SPAN, (target,))[0]
    rig.sql("delete from public.import_jobs where target = %s", (target,))
    return seconds, completed, rings


def many(rig: Rig, size: Size) -> Outcome:
    """Insert many jobs of 1,000 rows each by one statement."""
    table, jobs = "public.bench_many", size.rows
    samples: list[float] = []
    rings = done = 0
    with rig.scratch() as folder:
        files = [PEOPLE.write(folder / f"{n}.csv", 1000, first=n * 1000) for n in range(jobs)]
        with stored(rig.env, files) as paths:
            for _ in range(size.runs):
                rig.fresh(made(table, PEOPLE.columns))
                seconds, completed, rung = burst(rig, paths, "bench_many")
                expect_rows(rig, table, jobs * 1000)
                samples.append(seconds)
                rings, done = max(rings, rung), completed
    rig.fresh(f"drop table {table}")
    figures = (
        Figure("jobs per second", done / median(samples), "jobs/s", Goal(low=40)),
        Figure("wakes for the statement", rings, "", Goal(high=1)),
    )
    return Outcome(f"{jobs:,} jobs of 1,000 rows, one processor", {OURS: samples}, figures)
