"""Benchmarks without another side: memory, growth, latency, many jobs at once."""

import time
from pathlib import Path

from psycopg.types.json import Jsonb

from benchmarks.comparisons import create_target
from benchmarks.files import PEOPLE
from benchmarks.measurement import (
    CLAIMED_SECONDS,
    FORCE,
    JobRequest,
    alternate,
    check_row_count,
    copy_command,
    run_job,
    run_psql,
)
from benchmarks.results import OURS, PSQL, Figure, Goal, Listing, Outcome, median
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.uploads import uploaded
from processor.cli.upload import BUCKET
from processor.errors import UserError

BYTES_PER_ROW = 102
# Sizes in megabytes of the files that the memory benchmark loads before the largest one.
MEMORY_STEPS = (1, 10, 100, 500, 2_000, 10_000)
# The pause between two jobs, after which the system is idle.
IDLE_SECONDS = 0.2
TWENTIETH = ", a twentieth"
INSERT_ALL = """insert into public.import_jobs (bucket_id, object_path, target, options)
select %s, path, %s, %s from unnest(%s::text[]) as path"""
COUNT_UNFINISHED = "select count(*) from public.import_jobs where target = %s and status in ('pending', 'running')"
DURATION = """select extract(epoch from max(finished_at) - min(created_at))::float8,
  count(*) filter (where status = 'completed') from public.import_jobs where target = %s"""
RINGS = """select coalesce(last_value, 0) from pg_sequences
where schemaname = 'net' and sequencename = 'http_request_queue_id_seq'"""


def memory(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure the peak resident memory of a new processor for each size of file."""
    largest = max(size.rows * BYTES_PER_ROW / 1e6, 2)
    steps = sorted({step for step in MEMORY_STEPS if step < 0.9 * largest} | {round(largest)})
    peaks: dict[int, float] = {}
    rows: list[tuple[str, ...]] = []
    for step in steps:
        peaks[step], row = memory_of_file(stack, step)
        rows.append(row)
    stack.prepare("drop table public.bench_memory")
    base = 500 if 500 in peaks and steps[-1] > 500 else steps[-2]
    figures = (
        Figure("peak resident memory", max(peaks.values()), "MiB", Goal(high=350)),
        Figure(f"{steps[-1]:,} MB against {base:,} MB", peaks[steps[-1]] / peaks[base], "×", Goal(high=1.1)),
    )
    header = ("file", "rows", "time", "peak resident memory", "idle")
    return Outcome(
        size=f"files up to {steps[-1]:,} MB", figures=figures, listings=(Listing("Memory", header, tuple(rows)),)
    )


def memory_of_file(stack: BenchmarkStack, megabytes: int) -> tuple[float, tuple[str, ...]]:
    """Load a file with a new processor; return the peak memory in MiB, and the row of the listing."""
    stack.restart()
    idle = stack.processor.peak_kilobytes() / 1024
    table, count = "public.bench_memory", megabytes * 1_000_000 // BYTES_PER_ROW
    stack.prepare(create_target(table, PEOPLE.columns))
    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", count)
        with uploaded(stack.env, [file]) as (path,):
            file.unlink()  # the disk need not hold 10 GB twice
            seconds = run_job(stack, JobRequest(path, "bench_memory"), 0.2)["seconds"]
    check_row_count(stack, table, count)
    peak = stack.processor.peak_kilobytes() / 1024
    return peak, (f"{megabytes:,} MB", f"{count:,}", f"{seconds:,.1f} s", f"{peak:.0f} MiB", f"{idle:.0f} MiB")


def growth(stack: BenchmarkStack, size: Size) -> Outcome:
    """Compare the time per row of a file with the time per row of a file with a twentieth of its rows."""
    table, small = "public.bench_growth", size.rows // 20
    with stack.scratch_folder() as folder:
        large_file = PEOPLE.write(folder / "large.csv", size.rows)
        small_file = PEOPLE.write(folder / "small.csv", small)
        with uploaded(stack.env, [large_file, small_file]) as (large_path, small_path):
            samples = alternate(
                {
                    OURS: lambda: run_job(stack, JobRequest(large_path, "bench_growth"))["seconds"],
                    OURS + TWENTIETH: lambda: run_job(stack, JobRequest(small_path, "bench_growth"))["seconds"],
                    PSQL: lambda: run_psql(stack, [copy_command(table, large_file)]),
                    PSQL + TWENTIETH: lambda: run_psql(stack, [copy_command(table, small_file)]),
                },
                size.runs,
                lambda: stack.prepare(create_target(table, PEOPLE.columns)),
                lambda side: check_row_count(stack, table, small if side.endswith(TWENTIETH) else size.rows),
            )
    stack.prepare(f"drop table {table}")
    ours, psql = (median(samples[side]) / median(samples[side + TWENTIETH]) / 20 for side in (OURS, PSQL))
    figures = (
        Figure("time per row against a twentieth of the rows", ours, "×", Goal(high=1.15)),
        Figure("the same with psql", psql, "×"),
    )
    return Outcome(size=f"{size.rows:,} and {small:,} rows", samples=samples, figures=figures)


def people_files(folder: Path, count: int, rows: int, first: int = 0) -> list[Path]:
    """Write files of people whose ids do not overlap, counted from `first`."""
    return [PEOPLE.write(folder / f"{number}.csv", rows, first=first + number * rows) for number in range(count)]


def run_jobs(stack: BenchmarkStack, paths: list[str], target: str) -> tuple[float, int, int]:
    """Insert a job for each path in one statement, and wait for all of them.

    Returns the seconds from the insert to the last end, the number of completed jobs, and the number of rings.

    Raises: UserError when no job ends within CLAIMED_SECONDS.
    """
    rings_before = stack.scalar(RINGS) or 0
    stack.sql(INSERT_ALL, (BUCKET, target, Jsonb(FORCE), paths))
    rings = (stack.scalar(RINGS) or 0) - rings_before
    unfinished, changed_at = len(paths), time.monotonic()
    while count := stack.scalar(COUNT_UNFINISHED, (target,)):
        if count != unfinished:
            unfinished, changed_at = count, time.monotonic()
        if time.monotonic() > changed_at + CLAIMED_SECONDS:
            raise UserError(f"none of {unfinished} jobs ended within {CLAIMED_SECONDS} s")
        time.sleep(0.1)
    seconds, completed = stack.sql(DURATION, (target,))[0]
    stack.sql("delete from public.import_jobs where target = %s", (target,))
    return seconds, completed, rings


def many(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure many jobs of 1,000 rows each that one statement inserts."""
    return many_jobs(stack, size, 1000, 40)


def many_small(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure many jobs of 10 rows each that one statement inserts."""
    return many_jobs(stack, size, 10, 60)


def many_jobs(stack: BenchmarkStack, size: Size, rows: int, goal: float) -> Outcome:
    """Measure `size.rows` jobs of so many rows each; `goal` is the least number of jobs per second."""
    table, jobs = "public.bench_many", size.rows
    samples: list[float] = []
    most_rings = completed = 0
    with stack.scratch_folder() as folder, uploaded(stack.env, people_files(folder, jobs, rows)) as paths:
        for _ in range(size.runs):
            stack.prepare(create_target(table, PEOPLE.columns))
            seconds, completed, rings = run_jobs(stack, paths, "bench_many")
            check_row_count(stack, table, jobs * rows)
            samples.append(seconds)
            most_rings = max(most_rings, rings)
    stack.prepare(f"drop table {table}")
    figures = (
        Figure("jobs per second", completed / median(samples), "jobs/s", Goal(low=goal)),
        Figure("rings for the statement", most_rings, "", Goal(high=1)),
    )
    return Outcome(size=f"{jobs:,} jobs of {rows:,} rows, one processor", samples={OURS: samples}, figures=figures)
