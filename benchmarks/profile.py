"""Where the time of the main run goes: by step, by process, by wait, in WAL, and beside what COPY alone takes."""

import os
from typing import Any

from benchmarks import limits
from benchmarks.compare import made
from benchmarks.files import PEOPLE
from benchmarks.results import Figure, Listing, Outcome
from benchmarks.rig import Rig
from benchmarks.sampling import Watch, watched
from benchmarks.sides import Wish, expect_rows, job
from benchmarks.size import Size
from benchmarks.storage import stored
from benchmarks.wording import number, seconds_of

TABLE = "public.bench_profile"
LSN, SINCE = "select pg_current_wal_lsn()::text", "select pg_wal_lsn_diff(pg_current_wal_lsn(), %s)::float8"
TABLE_SIZE = "select pg_total_relation_size(%s::regclass)::float8"
# A wait that was seen less often than this says nothing.
LEAST_SHARE = 0.005


def profile(rig: Rig, size: Size) -> Outcome:
    """Run the main job once under observation, then the limits on the same rows."""
    rig.fresh(made(TABLE, PEOPLE.columns))
    with rig.scratch() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        megabytes = file.stat().st_size / 1e6
        with stored(rig.env, [file]) as (path,):
            before = rig.one(LSN)
            with watched(rig) as watch:
                done = job(rig, Wish(path, "bench_profile"), 0.1)
        wal, stored_bytes = rig.one(SINCE, (before,)), rig.one(TABLE_SIZE, (TABLE,))
        expect_rows(rig, TABLE, size.rows)
        rig.fresh(f"drop table {TABLE}")
        alone = limits.copies(rig, folder, file, size.rows)
        log_speed = limits.log_bytes_per_second(folder)
    seconds = done["seconds"]
    best = min(spent for way, spent in alone.items() if way != limits.BARE)
    figures = (
        Figure("insert to completed", seconds, "s"),
        Figure("chunks", done["chunks_done"], ""),
        Figure("seconds per chunk", seconds / max(done["chunks_done"], 1), "s"),
        Figure("WAL written", wal / 1e6, "MB"),
        Figure("WAL per megabyte of the file", wal / 1e6 / megabytes, "MB"),
        Figure("table and index", stored_bytes / 1e6, "MB"),
        Figure("WAL speed in the run", wal / 1e6 / seconds, "MB/s"),
        Figure("WAL speed of the disk alone", log_speed / 1e6, "MB/s"),
        Figure("sessions of the processor", watch.sessions, ""),
        Figure("CPU of Postgres", watch.cpu_of("Postgres"), "s"),
        Figure("CPU of the processor", watch.cpu_of("processor"), "s"),
        Figure("CPU used", sum(watch.cpu.values()), "s"),
        Figure("cores kept busy", sum(watch.cpu.values()) / seconds, f"of {os.cpu_count()}"),
        Figure("fastest COPY alone, with the primary key", best, "s"),
        Figure("time against that", seconds / best, "×"),
    )
    listings = (steps(done, seconds), processes(watch, seconds), waits(watch), floors(alone, seconds))
    return Outcome(f"{size.rows:,} rows, {megabytes:,.0f} MB", {}, figures, listings)


def steps(done: dict[str, Any], seconds: float) -> Listing:
    """List the processor's own account; steps overlap, so that shares may add up to more than one."""
    report: dict[str, Any] = done["report"] or {}
    found: dict[str, float] = report.get("seconds", {})
    rows = [
        (step, seconds_of(spent), f"{spent / seconds:.0%}")
        for step, spent in sorted(found.items(), key=lambda pair: -pair[1])
        if spent >= LEAST_SHARE * seconds
    ]
    return Listing("Wall time by step, as the job's report has it", ("step", "time", "of the run"), tuple(rows))


def processes(watch: Watch, seconds: float) -> Listing:
    """List CPU seconds by process."""
    ordered = sorted(watch.cpu.items(), key=lambda pair: -pair[1])
    rows = [(label, seconds_of(spent), f"{spent / seconds:.2f}") for label, spent in ordered if spent > 0]
    return Listing("CPU time by process", ("process", "CPU time", "cores"), tuple(rows))


def waits(watch: Watch) -> Listing:
    """List what the processor's sessions did, of all times that one was seen at work."""
    total = max(sum(watch.waits.values()), 1)
    rows = [
        (wait, f"{count / total:.1%}", number(count / max(watch.looks, 1)))
        for wait, count in watch.waits.most_common()
        if count >= LEAST_SHARE * total
    ]
    return Listing(
        "What the processor's sessions in a transaction are doing (samples of pg_stat_activity)",
        ("state", "share", "sessions, mean"),
        tuple(rows),
    )


def floors(alone: dict[str, float], seconds: float) -> Listing:
    """List what COPY alone takes for the same rows."""
    rows = [(way, seconds_of(spent), f"{seconds / spent:.2f} ×") for way, spent in alone.items()]
    return Listing(
        "The same rows by psql's COPY alone, one run each", ("way", "time", "our time against it"), tuple(rows)
    )
