"""What the second bell costs: inserts of jobs on many connections, with the notification and without it."""

import statistics
import threading
import time
from contextlib import ExitStack

import psycopg

from benchmarks.comparisons import create_target
from benchmarks.files import PEOPLE
from benchmarks.results import Figure, Goal, Outcome
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack

TARGET = "bench_inserts"
CONNECTIONS = (20, 300)
DELETE = f"delete from public.import_jobs where target = '{TARGET}'"  # noqa: S608 - a constant
INSERT = "insert into public.import_jobs (object_path, target) values (%s, %s)"
# The function of a stack without the second bell.
SILENT = """create or replace function importer.notify_processors() returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as ''"""
DEFINITION = "select pg_get_functiondef('importer.notify_processors()'::regprocedure)"
WITH_BELL, WITHOUT_BELL = "with the bell", "without"


def inserts(stack: BenchmarkStack, size: Size) -> Outcome:
    """Insert on 20 and on 300 connections, with the bell and without in turn, `size.rows` seconds a run."""
    stack.restart(count=0)  # a processor would claim the jobs and take its share of the machine
    stack.restart_postgres({"max_connections": str(max(CONNECTIONS) + 50)})
    figures: list[Figure] = []
    try:
        stack.prepare(create_target(f"public.{TARGET}", PEOPLE.columns))
        definition = str(stack.scalar(DEFINITION))
        for count in CONNECTIONS:
            rates: dict[str, list[float]] = {WITH_BELL: [], WITHOUT_BELL: []}
            for _ in range(size.runs):
                for side, statement in ((WITH_BELL, definition), (WITHOUT_BELL, SILENT)):
                    stack.sql(statement)
                    rates[side].append(insert(stack, count, size.rows))
            stack.sql(definition)
            figures += compared(count, rates)
    finally:
        stack.prepare(f"{DELETE}; drop table public.{TARGET}")
        stack.restart_postgres({})
        stack.restart()
    return Outcome(size=f"{size.runs} runs of {size.rows} s each", figures=tuple(figures))


def compared(count: int, rates: dict[str, list[float]]) -> list[Figure]:
    """Return the figures of one number of connections; the time of an insert is the inverse of the rate."""
    medians = {side: statistics.median(values) for side, values in rates.items()}
    return [
        *(Figure(f"{count} connections, {side}", value, "inserts/s") for side, value in medians.items()),
        Figure(f"{count} connections, insert", medians[WITHOUT_BELL] / medians[WITH_BELL], "×", Goal(high=1.1)),
    ]


def insert(stack: BenchmarkStack, count: int, seconds: float) -> float:
    """Insert jobs on `count` connections, one statement after the other on each; return the inserts per second."""
    stack.prepare(DELETE)
    with ExitStack() as opened:
        url = stack.env["DATABASE_URL"]
        listener = opened.enter_context(psycopg.connect(url, autocommit=True))
        listener.execute("listen import_jobs")
        conns = [opened.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(count)]
        totals = [0] * count
        begin = threading.Barrier(count + 1)
        threads = [
            threading.Thread(target=run, args=(conn, begin, seconds, totals, at)) for at, conn in enumerate(conns)
        ]
        for thread in threads:
            thread.start()
        begin.wait()
        started = time.perf_counter()
        for thread in threads:
            thread.join()
        return sum(totals) / (time.perf_counter() - started)


def run(conn: psycopg.Connection, begin: threading.Barrier, seconds: float, totals: list[int], at: int) -> None:
    """Insert until the time is up; count into `totals[at]`."""
    begin.wait()
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        conn.execute(INSERT, (f"bench/{at}-{totals[at]}.csv", TARGET))
        totals[at] += 1
