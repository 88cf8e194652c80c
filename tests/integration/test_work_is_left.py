"""importer.work_is_left: whether a processor that may end when it is idle has to stay."""

from __future__ import annotations

import pytest

from processor.queue.sweep import work_is_left
from tests.integration.queue_harness import OWNER, Queue
from tests.integration.undo_harness import NOTES, loaded


@pytest.mark.parametrize(
    ("run_after", "seconds", "expected"),
    [
        ("2026-01-01", 0, True),
        ("now() + interval '30 s'", 60, True),
        ("now() + interval '60 s'", 5, False),
        ("infinity", 86_400, False),
    ],
)
def test_pending_job_is_left_if_it_is_due_in_time(queue: Queue, run_after: str, seconds: int, expected: bool) -> None:
    job = queue.insert()
    value = run_after if "(" in run_after else f"'{run_after}'"
    queue.admin.execute(f"update public.import_jobs set run_after = {value} where id = %s", [job])
    assert work_is_left(queue.processor, seconds) is expected


def test_running_job_is_left_until_it_has_ended(queue: Queue) -> None:
    assert work_is_left(queue.processor, 60) is False
    claim = queue.running()
    assert work_is_left(queue.processor, 0) is True
    queue.expire(claim)
    assert work_is_left(queue.processor, 0) is True
    queue.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [claim.id])
    assert work_is_left(queue.processor, 60) is False


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
def test_ended_job_is_not_left(queue: Queue, state: str) -> None:
    queue.job_that_is(state)
    assert work_is_left(queue.processor, 60) is False


def test_inspection_is_left(queue: Queue) -> None:
    queue.insert(options='{"inspect": true}')
    assert work_is_left(queue.processor, 0) is True


def test_undo_is_left_until_it_is_done(queue: Queue) -> None:
    queue.admin.execute(NOTES)
    queue.admin.execute("select importer.register_target('app.notes', undo_days => 2)")
    job = loaded(queue, "a", created_by=OWNER)
    with queue.user() as client:
        client.execute("select public.undo_import_job(%s)", [job])
    assert work_is_left(queue.processor, 0) is True
    queue.processor.execute("select importer.claim_undos(1)")
    assert work_is_left(queue.processor, 0) is True
    queue.admin.execute("delete from importer.undo_requests")
    assert work_is_left(queue.processor, 0) is False


def test_of_a_paused_queue_only_running_jobs_are_left(queue: Queue) -> None:
    claim = queue.running()
    queue.insert()
    queue.admin.execute("select importer.pause('maintenance')")
    try:
        assert work_is_left(queue.processor, 0) is True
        queue.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [claim.id])
        assert work_is_left(queue.processor, 0) is False
    finally:
        queue.admin.execute("select importer.resume()")
    assert work_is_left(queue.processor, 0) is True
