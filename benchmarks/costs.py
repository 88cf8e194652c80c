"""The costs from which the scale page is computed: a claim, a chunk, and several processors on one database."""

import time
from typing import LiteralString

from benchmarks.comparisons import create_target
from benchmarks.files import PEOPLE
from benchmarks.measurement import JobRequest, alternate, check_row_count, run_job
from benchmarks.results import OURS, Figure, Outcome, median
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.standalone import run_jobs
from benchmarks.uploads import uploaded

QUEUE_LENGTHS = (0, 100, 1_000, 10_000, 100_000)
# Half of the jobs belong to 500 users. Triggers are off: they would ring and check for each job, while a queue of this
# length has grown over hours.
FILL = """insert into public.import_jobs (object_path, target, created_by)
select 'bench/' || n, 'bench_claims', case when n %% 2 = 0 then
  ('00000000-0000-4000-8000-' || lpad((n %% 1000)::text, 12, '0'))::uuid end
from generate_series(1, %s) as n"""
# A longer queue is not tried once a claim takes this long.
SLOW_CLAIM_SECONDS = 3.0
CLAIM: LiteralString = "select importer.claim_jobs('bench', 2, 45)"
SMALL_CHUNKS = "small chunks"
SMALL_CHUNK_BYTES = str(256 << 10)
# Processors that no ring reaches look for jobs at once.
SHORT_SWEEP = {"IMPORT_JOBS_SWEEP_SECONDS": "0.2"}


def claims(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure a claim of two jobs at several lengths of the queue; every claim is rolled back."""
    stack.restart(count=0)
    seconds: dict[int, float] = {}
    try:
        for length in (length for length in QUEUE_LENGTHS if length <= size.rows):
            fill_queue(stack, length)
            seconds[length] = median(time_claims(stack, size.runs))
            if seconds[length] > SLOW_CLAIM_SECONDS:
                break
    finally:
        stack.sql("delete from public.import_jobs where target = 'bench_claims'")
        stack.restart()
    figures = tuple(Figure(f"claim with {length:,} pending", spent * 1000, "ms") for length, spent in seconds.items())
    return Outcome(size=f"up to {max(seconds):,} pending jobs", figures=figures)


def time_claims(stack: BenchmarkStack, runs: int) -> list[float]:
    """Return the seconds of up to `runs` claims; the claims together take no longer than 2 × SLOW_CLAIM_SECONDS."""
    samples, deadline = list[float](), time.monotonic() + 2 * SLOW_CLAIM_SECONDS
    while len(samples) < runs and (not samples or time.monotonic() < deadline):
        samples.append(time_claim(stack))
    return samples


def fill_queue(stack: BenchmarkStack, length: int) -> None:
    """Insert pending jobs, and collect the statistics that autovacuum would have collected by then."""
    stack.sql("delete from public.import_jobs where target = 'bench_claims'")
    with stack.superuser_conn.transaction():
        stack.superuser_conn.execute("set local session_replication_role = replica")
        stack.superuser_conn.execute(FILL, (length,))
    stack.superuser_conn.execute("vacuum analyze public.import_jobs")


def time_claim(stack: BenchmarkStack) -> float:
    """Return the seconds of one claim, and roll it back."""
    with stack.superuser_conn.transaction(force_rollback=True):
        started = time.perf_counter()
        stack.superuser_conn.execute(CLAIM).fetchall()
        return time.perf_counter() - started


def chunks(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load the same file in chunks of the default size and in small chunks; the difference is the cost of a chunk."""
    table = "public.bench_chunks"
    counts: dict[str, int] = {}
    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        with uploaded(stack.env, [file]) as (path,):

            def load(side: str) -> float:
                stack.restart({"IMPORT_JOBS_CHUNK_BYTES": SMALL_CHUNK_BYTES} if side == SMALL_CHUNKS else None)
                job = run_job(stack, JobRequest(path, "bench_chunks"))
                counts[side] = job["chunks_done"]
                return job["seconds"]

            samples = alternate(
                {side: lambda side=side: load(side) for side in (OURS, SMALL_CHUNKS)},
                size.runs,
                lambda: stack.prepare(create_target(table, PEOPLE.columns)),
                lambda _: None,
            )
    stack.prepare(f"drop table {table}")
    stack.restart()
    more_chunks = counts[SMALL_CHUNKS] - counts[OURS]
    more_seconds = max(median(samples[SMALL_CHUNKS]) - median(samples[OURS]), 0)
    figures = (
        Figure("chunks of the default size", counts[OURS], ""),
        Figure("small chunks", counts[SMALL_CHUNKS], ""),
        *((Figure("cost of a chunk", more_seconds / more_chunks * 1000, "ms"),) if more_chunks > 0 else ()),
    )
    return Outcome(
        size=f"{size.rows:,} rows, small chunks of {SMALL_CHUNK_BYTES} bytes", samples=samples, figures=figures
    )


def several_processors(stack: BenchmarkStack, size: Size) -> Outcome:
    """Run small jobs on one, two and four processors that share one database and the cores of this machine."""
    table, figures = "public.bench_several", list[Figure]()
    columns = PEOPLE.columns.replace(" primary key", "")  # every job loads the same file
    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", 100)
        with uploaded(stack.env, [file]) as (path,):
            for count in (1, 2, 4):
                stack.restart(SHORT_SWEEP, count)
                limit = "update public.import_targets set max_running_jobs = 64"
                stack.prepare(create_target(table, columns) + limit)
                seconds = [run_jobs(stack, [path] * size.rows, "bench_several")[0] for _ in range(size.runs)]
                check_row_count(stack, table, 100 * size.rows * size.runs)
                figures.append(Figure(f"jobs/s with {count} processors", size.rows / median(seconds), "jobs/s"))
    stack.prepare(f"drop table {table}")
    stack.restart()
    return Outcome(size=f"{size.rows:,} jobs of 100 rows", figures=tuple(figures))
