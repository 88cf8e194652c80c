"""The cost of importer.next_jobs in pages: it grows with the pairs of owner and target, not with the backlog."""

from __future__ import annotations

import pytest

from tests.integration.queue_harness import Queue

# Inserts `depth` jobs of priorities 0 to 2 for each of `width` pairs of owner and target.
FILL = """
insert into public.import_jobs (object_path, target, created_by, priority, created_at, run_after)
select
  'a', 't' || w %% 5, format('00000000-0000-4000-8000-%%s', lpad(to_hex(w), 12, '0'))::uuid, d %% 3,
  now() - interval '1 day' + d * interval '1 s', case when %(due)s then now() else now() + interval '1 day' end
from generate_series(1, %(width)s) as w, generate_series(1, %(depth)s) as d
"""
PAGES = "explain (analyze, buffers, timing off, format json) select importer.next_jobs(2)"


def fill(queue: Queue, width: int, depth: int, *, due: bool = True) -> None:
    """Insert many jobs, with the triggers disabled."""
    with queue.admin.transaction():
        queue.admin.execute("alter table public.import_jobs disable trigger user")
        queue.admin.execute(FILL, {"width": width, "depth": depth, "due": due})
        queue.admin.execute("alter table public.import_jobs enable trigger user")


def pages(queue: Queue) -> int:
    """Return the number of pages that a call reads, after two calls that set the hint bits."""
    for _ in range(2):
        queue.admin.execute(PAGES)
    plan = queue.value(PAGES)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.fixture(autouse=True)
def no_dead_rows(queue: Queue) -> None:
    """Remove the dead rows of earlier tests from the indexes, because they would be counted."""
    queue.admin.execute("vacuum public.import_jobs")


@pytest.mark.parametrize("width", [1, 50])
def test_cost_does_not_grow_with_the_backlog(queue: Queue, width: int) -> None:
    fill(queue, width, 200 // width)
    few = pages(queue)
    fill(queue, width, 20_000 // width)
    assert pages(queue) < few + 20 * width + 100


def test_backlog_at_a_full_target_is_skipped(queue: Queue) -> None:
    fill(queue, 1, 20_000)
    for _ in range(4):
        queue.running(target="t1", priority=9)
    assert queue.claim() == []
    assert pages(queue) < 100


def test_jobs_that_are_not_due_are_skipped_in_the_index(queue: Queue) -> None:
    due = queue.insert(target="t1", created_by="00000000-0000-4000-8000-000000000001", created_at="2100-01-01")
    fill(queue, 1, 20_000, due=False)
    assert pages(queue) < 1000  # 20,000 jobs are 200 pages of the index, and 600 of the table
    assert [claim.id for claim in queue.claim()] == [due]


def test_plan_made_for_an_empty_queue_is_fast_for_a_full_one(queue: Queue) -> None:
    queue.admin.execute("discard plans")
    queue.admin.execute("vacuum analyze public.import_jobs")
    assert queue.admin.execute("select importer.next_jobs(2)").fetchall() == []
    fill(queue, 50, 400)
    assert pages(queue) < 2000
