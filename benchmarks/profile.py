"""Where the main benchmark spends its time: by step, by process, by wait event, and compared with COPY alone."""

import os
from typing import Any

from benchmarks import limits
from benchmarks.comparisons import create_target
from benchmarks.files import PEOPLE
from benchmarks.formatting import format_number, format_seconds
from benchmarks.measurement import JobRequest, check_row_count, run_job
from benchmarks.results import Figure, Listing, Outcome
from benchmarks.sampling import Samples, sampled
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.uploads import uploaded

TABLE = "public.bench_profile"
WAL_POSITION = "select pg_current_wal_lsn()::text"
WAL_SINCE = "select pg_wal_lsn_diff(pg_current_wal_lsn(), %s)::float8"
TABLE_BYTES = "select pg_total_relation_size(%s::regclass)::float8"
# Steps and wait events with a smaller share are left out.
LEAST_SHARE = 0.005


def profile(stack: BenchmarkStack, size: Size) -> Outcome:
    """Run the main job once while samples are taken, then measure the limits with the same rows."""
    stack.prepare(create_target(TABLE, PEOPLE.columns))
    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        megabytes = file.stat().st_size / 1e6
        with uploaded(stack.env, [file]) as (path,):
            position = stack.scalar(WAL_POSITION)
            with sampled(stack) as samples:
                job = run_job(stack, JobRequest(path, "bench_profile"), 0.1)
        wal_bytes, table_bytes = stack.scalar(WAL_SINCE, (position,)), stack.scalar(TABLE_BYTES, (TABLE,))
        check_row_count(stack, TABLE, size.rows)
        stack.prepare(f"drop table {TABLE}")
        copy_seconds = limits.time_copies(stack, folder, file, size.rows)
        disk_speed = limits.log_bytes_per_second(folder)
    seconds = job["seconds"]
    figures = (
        *write_figures(job, wal_bytes / 1e6, table_bytes / 1e6, megabytes),
        Figure("WAL speed of the disk alone", disk_speed / 1e6, "MB/s"),
        *cpu_figures(samples, seconds),
        *copy_figures(copy_seconds, seconds),
    )
    listings = (
        step_listing(job, seconds),
        process_listing(samples, seconds),
        wait_listing(samples),
        copy_listing(copy_seconds, seconds),
    )
    return Outcome(size=f"{size.rows:,} rows, {megabytes:,.0f} MB", figures=figures, listings=listings)


def write_figures(job: dict[str, Any], wal: float, table: float, file: float) -> tuple[Figure, ...]:
    """Return the figures of chunks and of what the server wrote; sizes are in megabytes."""
    seconds, chunks = job["seconds"], job["chunks_done"]
    return (
        Figure("insert to completed", seconds, "s"),
        Figure("chunks", chunks, ""),
        Figure("seconds per chunk", seconds / max(chunks, 1), "s"),
        Figure("WAL written", wal, "MB"),
        Figure("WAL per megabyte of the file", wal / file, "MB"),
        Figure("table and index", table, "MB"),
        Figure("WAL speed in the run", wal / seconds, "MB/s"),
    )


def cpu_figures(samples: Samples, seconds: float) -> tuple[Figure, ...]:
    """Return the figures of sessions and CPU time."""
    total = sum(samples.cpu.values())
    return (
        Figure("sessions of the processor", samples.max_sessions, ""),
        Figure("CPU of Postgres", samples.cpu_of("Postgres"), "s"),
        Figure("CPU of the processor", samples.cpu_of("processor"), "s"),
        Figure("CPU used", total, "s"),
        Figure("cores in use, mean", total / seconds, f"of {os.cpu_count()}"),
    )


def copy_figures(copy_seconds: dict[str, float], seconds: float) -> tuple[Figure, ...]:
    """Return the fastest COPY alone into a table with its primary key, and the ratio of the job to it."""
    fastest = min(spent for name, spent in copy_seconds.items() if name != limits.WITHOUT_KEY)
    return (
        Figure("fastest COPY alone, with the primary key", fastest, "s"),
        Figure("time of the job against it", seconds / fastest, "×"),
    )


def step_listing(job: dict[str, Any], seconds: float) -> Listing:
    """List the times in the job's report; steps overlap, so their shares may add up to more than 100 %."""
    report: dict[str, Any] = job["report"] or {}
    step_seconds: dict[str, float] = report.get("seconds", {})
    rows = [
        (step, format_seconds(spent), f"{spent / seconds:.0%}")
        for step, spent in sorted(step_seconds.items(), key=lambda item: -item[1])
        if spent >= LEAST_SHARE * seconds
    ]
    return Listing("Wall time by step, from the job's report", ("step", "time", "share of the run"), tuple(rows))


def process_listing(samples: Samples, seconds: float) -> Listing:
    """List the CPU time by process."""
    ordered = sorted(samples.cpu.items(), key=lambda item: -item[1])
    rows = [(label, format_seconds(spent), f"{spent / seconds:.2f}") for label, spent in ordered if spent > 0]
    return Listing("CPU time by process", ("process", "CPU time", "cores"), tuple(rows))


def wait_listing(samples: Samples) -> Listing:
    """List the states of the processor's sessions, as shares of all samples of a session that is not idle."""
    total = max(sum(samples.waits.values()), 1)
    rows = [
        (wait, f"{count / total:.1%}", format_number(count / max(samples.session_samples, 1)))
        for wait, count in samples.waits.most_common()
        if count >= LEAST_SHARE * total
    ]
    return Listing(
        "States of the processor's sessions in a transaction (samples of pg_stat_activity)",
        ("state", "share", "sessions, mean"),
        tuple(rows),
    )


def copy_listing(copy_seconds: dict[str, float], seconds: float) -> Listing:
    """List the time of COPY alone for the same rows."""
    rows = [(name, format_seconds(spent), f"{seconds / spent:.2f} ×") for name, spent in copy_seconds.items()]
    title = "The same rows by psql's COPY alone, one run each"
    return Listing(title, ("format and sessions", "time", "time of the job against it"), tuple(rows))
