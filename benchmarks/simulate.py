"""What the scale page computes with: the cost of a claim, of a chunk, and of several processors on one database."""

import time
from typing import LiteralString

from benchmarks.absolute import burst
from benchmarks.compare import made
from benchmarks.files import PEOPLE
from benchmarks.results import OURS, Figure, Outcome, median
from benchmarks.rig import Rig
from benchmarks.sides import Wish, alternate, expect_rows, job
from benchmarks.size import Size
from benchmarks.storage import stored

DEPTHS = (0, 100, 1_000, 10_000, 100_000)
# Triggers would ring and check for each of them; a queue that has grown over hours has that behind it.
FILL = """insert into public.import_jobs (object_path, target, created_by)
select 'bench/' || n, 'bench_claims', case when n %% 2 = 0 then
  ('00000000-0000-4000-8000-' || lpad((n %% 1000)::text, 12, '0'))::uuid end
from generate_series(1, %s) as n"""
# A claim that takes so long is a finding of its own; deeper queues are not tried.
ENOUGH_SECONDS = 3.0
CLAIM: LiteralString = "select importer.claim_jobs('bench', 2, 45)"
SMALL_CHUNK = {"IMPORT_JOBS_CHUNK_BYTES": str(256 << 10)}
# So that processors that no ring reaches look for jobs at once.
EAGER = {"IMPORT_JOBS_SWEEP_SECONDS": "0.2"}


def claims(rig: Rig, size: Size) -> Outcome:
    """Time a claim of two jobs while so many are pending, half of them of 500 users; nothing is kept."""
    rig.restart(count=0)
    found: dict[int, float] = {}
    try:
        for depth in (each for each in DEPTHS if each <= size.rows):
            fill(rig, depth)
            found[depth] = median(claim_samples(rig, size.runs))
            if found[depth] > ENOUGH_SECONDS:
                break
    finally:
        rig.sql("delete from public.import_jobs where target = 'bench_claims'")
        rig.restart()
    figures = tuple(Figure(f"claim with {depth:,} pending", spent * 1000, "ms") for depth, spent in found.items())
    return Outcome(f"up to {max(found):,} pending jobs", {}, figures)


def claim_samples(rig: Rig, runs: int) -> list[float]:
    """Claim so often, less often when it takes long."""
    samples, until = list[float](), time.monotonic() + 2 * ENOUGH_SECONDS
    while len(samples) < runs and (not samples or time.monotonic() < until):
        samples.append(claim_seconds(rig))
    return samples


def fill(rig: Rig, depth: int) -> None:
    """Have so many jobs pending, and the statistics that autovacuum would have made by then."""
    rig.sql("delete from public.import_jobs where target = 'bench_claims'")
    with rig.root.transaction():
        rig.root.execute("set local session_replication_role = replica")
        rig.root.execute(FILL, (depth,))
    rig.root.execute("vacuum analyze public.import_jobs")


def claim_seconds(rig: Rig) -> float:
    """Claim once, and take it back."""
    with rig.root.transaction(force_rollback=True):
        started = time.perf_counter()
        rig.root.execute(CLAIM).fetchall()
        return time.perf_counter() - started


def chunks(rig: Rig, size: Size) -> Outcome:
    """Load the same file in usual and in small chunks: the difference in time is the cost of a chunk."""
    table = "public.bench_chunks"
    counts: dict[str, int] = {}
    with rig.scratch() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        with stored(rig.env, [file]) as (path,):

            def load(side: str) -> float:
                rig.restart(SMALL_CHUNK if side == "small chunks" else None)
                done = job(rig, Wish(path, "bench_chunks"))
                counts[side] = done["chunks_done"]
                return done["seconds"]

            samples = alternate(
                {side: lambda side=side: load(side) for side in (OURS, "small chunks")},
                size.runs,
                lambda: rig.fresh(made(table, PEOPLE.columns)),
                lambda _: None,
            )
    rig.fresh(f"drop table {table}")
    rig.restart()
    more = counts["small chunks"] - counts[OURS]
    spent = median(samples["small chunks"]) - median(samples[OURS])
    figures = (
        Figure("chunks, usual", counts[OURS], ""),
        Figure("chunks, small", counts["small chunks"], ""),
        *((Figure("cost of one more chunk", max(spent, 0) / more * 1000, "ms"),) if more > 0 else ()),
    )
    return Outcome(
        f"{size.rows:,} rows, {SMALL_CHUNK['IMPORT_JOBS_CHUNK_BYTES']} bytes a small chunk", samples, figures
    )


def several(rig: Rig, size: Size) -> Outcome:
    """Run small jobs on one, two and four processors that share this machine's cores and one database."""
    table, figures = "public.bench_several", list[Figure]()
    columns = PEOPLE.columns.replace(" primary key", "")  # the same small file, again and again
    with rig.scratch() as folder:
        file = PEOPLE.write(folder / "file.csv", 100)
        with stored(rig.env, [file]) as (path,):
            for count in (1, 2, 4):
                rig.restart(EAGER, count)
                rig.fresh(made(table, columns) + "update public.import_targets set max_running_jobs = 64")  # noqa: S608
                spans = [burst(rig, [path] * size.rows, "bench_several")[0] for _ in range(size.runs)]
                expect_rows(rig, table, 100 * size.rows * size.runs)
                figures.append(Figure(f"jobs/s with {count} processors", size.rows / median(spans), "jobs/s"))
    rig.fresh(f"drop table {table}")
    rig.restart()
    return Outcome(f"{size.rows:,} jobs of 100 rows", {}, tuple(figures))
