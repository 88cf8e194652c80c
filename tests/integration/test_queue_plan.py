"""The cost of importer.next_jobs, in pages it looks at: it depends on who waits for what, not on how many jobs wait."""

from __future__ import annotations

import pytest

from tests.integration.queue_harness import Queue

# `width` pairs of owner and target; each gets `depth` jobs, of priorities 0 to 2.
FILL = """
insert into public.import_jobs (object_path, target, created_by, priority, created_at, run_after)
select
  'a', 't' || w %% 5, format('00000000-0000-4000-8000-%%s', lpad(to_hex(w), 12, '0'))::uuid, d %% 3,
  now() - interval '1 day' + d * interval '1 s', case when %(due)s then now() else now() + interval '1 day' end
from generate_series(1, %(width)s) as w, generate_series(1, %(depth)s) as d
"""
PAGES = "explain (analyze, buffers, timing off, format json) select importer.next_jobs(2)"


def fill(queue: Queue, width: int, depth: int, *, due: bool = True) -> None:
    """Insert jobs, the triggers aside: this is about many."""
    with queue.admin.transaction():
        queue.admin.execute("alter table public.import_jobs disable trigger user")
        queue.admin.execute(FILL, {"width": width, "depth": depth, "due": due})
        queue.admin.execute("alter table public.import_jobs enable trigger user")


def pages(queue: Queue) -> int:
    """Return how many pages one call looks at, after two that leave hints behind."""
    for _ in range(2):
        queue.admin.execute(PAGES)
    plan = queue.value(PAGES)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.fixture(autouse=True)
def no_dead_rows(queue: Queue) -> None:
    """Take away what the tests before have left in the indexes; it would be counted, too."""
    queue.admin.execute("vacuum public.import_jobs")


@pytest.mark.parametrize("width", [1, 50])
def test_backlog_does_not_make_a_choice_dearer(queue: Queue, width: int) -> None:
    fill(queue, width, 200 // width)
    few = pages(queue)
    fill(queue, width, 20_000 // width)
    assert pages(queue) < few + 20 * width + 100


def test_backlog_at_a_full_target_is_leapt_over(queue: Queue) -> None:
    fill(queue, 1, 20_000)
    for _ in range(4):
        queue.running(target="t1", priority=9)
    assert queue.claim() == []
    assert pages(queue) < 100


def test_jobs_that_are_not_due_are_passed_over_in_the_index(queue: Queue) -> None:
    due = queue.insert(target="t1", created_by="00000000-0000-4000-8000-000000000001", created_at="2100-01-01")
    fill(queue, 1, 20_000, due=False)
    assert pages(queue) < 1000  # 20,000 jobs are 200 pages of the index, and 600 of the table
    assert [claim.id for claim in queue.claim()] == [due]


def test_plan_made_for_an_empty_queue_serves_a_full_one(queue: Queue) -> None:
    queue.admin.execute("discard plans")
    queue.admin.execute("vacuum analyze public.import_jobs")
    assert queue.admin.execute("select importer.next_jobs(2)").fetchall() == []
    fill(queue, 50, 400)
    assert pages(queue) < 2000
