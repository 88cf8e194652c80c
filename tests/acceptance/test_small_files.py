"""A small file, which goes in one transaction, leaves the same as one that goes by the steps of larger files.

A job with the option `output` always goes by these steps.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.acceptance.conftest import Stack

PRICES = """
sku text primary key, price numeric, note text default 'new', twice numeric generated always as (price * 2) stored
"""
EXISTING_ROWS = "insert into public.{} (sku, price, note) values ('a', 1, 'old'), ('b', 2, 'old')"
CHUNKS = """
select to_jsonb(c) - array['job_id', 'committed_at'] as chunk from importer.job_chunks as c where c.job_id = %s
"""
EVENTS = "select e.event, e.attempt from public.import_job_events as e where e.job_id = %s order by e.id"
TIMES = {"run_after", "created_at", "started_at", "finished_at", "updated_at"}
NAMES = {"id", "object_path", "target", "options", "output_path", "errors_path"}
FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "plain": (b"sku,price\nb,20\nc,30\n", {}),
    "mark of UTF-8, no end of line": ("\ufeffsku;price\r\nb;20,5\r\nc;30".encode(), {"decimal": ","}),
    "empty rows": (b"sku,price\n,\nb,20\n\n,\nc,30\n", {}),
    "lines around the table": (b"list\n\nsku,price\nb,20\nc,30\ntotal,2\n", {"skip_lines": 2, "skip_footer": 1}),
    "no header": (b"b,20,x\nc,30,y\n", {"has_header": False}),
    "nulls and defaults": (b"sku,price,note\nb,,x\nc,NA,\n", {"null_values": ["NA"], "empty_as": "default"}),
    "another encoding": ('sku,price,note\nb,2,Lé\nc,3,"a\n b"\n'.encode("cp1252"), {"encoding": "windows-1252"}),
    "skipped by a trigger": (b"sku,price\nb,20\nskip,30\nd,40\n", {}),
    "key that comes again": (b"sku,price\nb,20\nc,30\nb,21\n", {}),
    "one bad value": (b"sku,price\nb,20\nc,x\nd,40\n", {}),
    "one refused row": (b"sku,price\nb,20\nc,-1\nd,40\n", {}),
    "no rows": (b"sku,price\n", {}),
}


def prices(stack: Stack, mode: str) -> str:
    """Create a target with two rows, a check, and a trigger that skips a row; return its name."""
    keys = ["sku"] if mode in ("upsert", "update") else None
    table = stack.table(PRICES, mode=mode, key_columns=keys)
    stack.sql(EXISTING_ROWS.format(table))
    stack.sql(f"alter table public.{table} add constraint price_is_positive check (price > 0)")
    stack.sql(
        f"create function public.{table}_skip() returns trigger language plpgsql as "
        "$$ begin return case when new.sku = 'skip' then null else new end; end $$;"
        f"create trigger skip before insert on public.{table} for each row execute function public.{table}_skip()"
    )
    return table


def left(stack: Stack, job_id: UUID, table: str) -> dict[str, Any]:
    """Return what a job has left, without times and names."""
    job = stack.wait(job_id)
    row = {name: value for name, value in job.items() if name not in TIMES | NAMES}
    report: dict[str, Any] = job["report"] or {}
    row["report"] = {name: value for name, value in report.items() if name != "seconds"}
    return row | {
        "errors": bool(job["errors_path"]),
        "table": stack.rows(table),
        "rejections": stack.rejections(job),
        "chunks": stack.sql(CHUNKS, job_id),
        "events": stack.sql(EVENTS, job_id),
    }


@pytest.mark.parametrize("mode", ["insert", "upsert", "ignore", "update"])
def test_small_file_leaves_what_the_steps_of_larger_files_leave(stack: Stack, mode: str) -> None:
    jobs: dict[tuple[str, bool], tuple[UUID, str]] = {}
    for name, (data, options) in FILES.items():
        for by_steps in (False, True):
            table, more = prices(stack, mode), {"output": True} if by_steps else {}
            jobs[name, by_steps] = stack.insert(stack.upload(data), table, options | more), table
    for name in FILES:
        at_once, by_steps = left(stack, *jobs[name, False]), left(stack, *jobs[name, True])
        assert at_once == by_steps, name
