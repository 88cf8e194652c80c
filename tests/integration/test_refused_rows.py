"""Rows that the table refuses: the fast ways find the same ones, for the same reasons, as writing them row by row.

Set IMPORT_JOBS_NIGHTLY=1 for 1,000 tables instead of 24.
"""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import psycopg
import pytest
from psycopg.types.json import Jsonb

from processor.database.transaction import loading
from processor.load import go_on
from processor.model import Chunk, Field, Job, Plan, Position, Reason, Rows
from processor.queue import claims, ledger
from processor.run.sinks import Sink, SinkResult, sink_for
from tests.integration.queue_harness import EMPTY, OWNER, Queue
from tests.integration.refusal_tables import COLUMNS, Case, Row, case

CASES = 1_000 if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else 24
# What became of a file: the rejections, the rows that were skipped, and the content of the table.
Outcome = tuple[list[tuple[int, str, str | None, str]], int, list[str]]
TO_USERS = "grant select, insert, update, delete on all tables in schema app to authenticated"
SECURED = """
alter table app.t enable row level security;
create policy reading on app.t for select to authenticated using (c is distinct from 9);
create policy writing on app.t for insert to authenticated with check (a is distinct from 2);
create policy changing on app.t for update to authenticated using (a is distinct from 1) with check (true);
"""


def claimed(queue: Queue, given: Case) -> Job:
    """Create the table of a case, register it, and return a claimed job for it."""
    queue.admin.execute(given.sql)  # pyright: ignore[reportArgumentType]
    queue.admin.execute(
        "grant usage on schema app to import_processor; grant execute on all functions in schema app to public"
    )
    queue.admin.execute(
        "select importer.register_target('app.t', name => 't', mode => %s, key_columns => %s, columns => %s)",
        [given.mode, list(given.keys) or None, list(COLUMNS)],
    )
    options, path = Jsonb(given.options), f"{OWNER}/file.csv"
    if not given.as_user:
        queue.insert(target="t", options=options)
    else:
        queue.admin.execute(TO_USERS)
        if given.mode != "update":
            queue.admin.execute(SECURED)
        with queue.user() as conn:
            conn.execute(
                "insert into public.import_jobs (object_path, target, options) values (%s, 't', %s)", [path, options]
            )
    (job,) = claims.claim(queue.processor, "test", 1, 45, 0)
    ledger.open_job(queue.processor, job, etag="e", size=1, dialect={})
    return job


def chunk_of(rows: tuple[Row, ...], first: int, seq: int) -> tuple[Rows, Chunk]:
    """Return rows as a chunk of a file whose first record has this number."""
    frame = pl.DataFrame(list(rows), {name: pl.String for name in COLUMNS}, orient="row")
    numbers = np.arange(len(rows), dtype=np.int64)
    no = np.zeros(len(rows), dtype=np.bool_)
    chunk = Chunk(
        position=Position(0, first, first, seq),
        next=Position(0, first + len(rows), first + len(rows), seq + 1),
        data=b"",
        starts=numbers,
        ends=numbers,
        fields=np.full(len(rows), len(COLUMNS), np.int32),
        lines=numbers + first,
        blank=no,
        nul=no,
        oversized=no,
        irregular=no,
    )
    return Rows(frame, numbers), chunk


def written(conn: psycopg.Connection, job: Job, sink: Sink, rows: Rows, chunk: Chunk) -> SinkResult:
    """Write a chunk as an attempt does: all rows at once, and again where one of them is refused."""
    try:
        with loading(conn, job.id, 60, token=job.token):
            return sink.write(conn, rows, chunk, lambda: None, isolating=None)
    except psycopg.Error as exc:
        if not sink.can_isolate(exc):
            raise
    with loading(conn, job.id, 60, token=job.token):
        return sink.write(conn, rows, chunk, lambda: None, isolating=go_on)


def outcome(
    queue: Queue, given: Case, *, row_by_row: bool, sinks: list[Sink] | None = None, foreseen: bool = False
) -> Outcome:
    """Return what becomes of the file of a case, in chunks of unequal size; append the sink to `sinks`.

    `foreseen` asks which staged rows are refused without writing them.
    """
    queue.admin.execute(EMPTY)
    job, conn = claimed(queue, given), queue.processor
    assert job.target
    fields = {column.name: column for column in job.target.columns}
    plan = Plan(
        len(COLUMNS), tuple(Field(index=at, header=name, column=fields[name]) for at, name in enumerate(COLUMNS))
    )
    sink = sink_for(conn, job, job.target, plan)
    sink.row_by_row = row_by_row
    if sinks is not None:
        sinks.append(sink)
    cells: list[tuple[int, Reason]] = []
    skipped, first, size = 0, 1, len(given.rows)
    for seq, end in enumerate(sorted({size // 3, size // 2, size} - {0})):
        rows, chunk = chunk_of(given.rows[first - 1 : end], first, seq)
        result = written(conn, job, sink, rows, chunk)
        cells += [(first + row, reason) for row, reason in result.rejected.cells()]
        skipped, first = skipped + result.skipped, end + 1
    with loading(conn, job.id, 60, token=job.token, keep=False):
        if job.stages:
            find = sink.foresee_rejected if foreseen else sink.find_rejected
            result = find(conn, job, size, None)
            assert result is not None
            cells += result.rejected.cells()
            skipped += result.skipped
        content = conn.execute("select app.content()").fetchone()[0]
    refused = sorted((record, reason.code, reason.column, str(reason.message)) for record, reason in cells)
    return refused, skipped, content or []


@pytest.mark.parametrize("seed", range(CASES))
def test_faster_ways_refuse_the_rows_that_are_refused_one_by_one(queue: Queue, seed: int) -> None:
    given = case(seed)
    print(given.sql, given.mode, given.keys, given.options, given.as_user)  # shown when a test fails
    one_by_one = outcome(queue, given, row_by_row=True)
    assert outcome(queue, given, row_by_row=False) == one_by_one
