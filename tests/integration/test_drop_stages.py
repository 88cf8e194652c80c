"""importer.drop_stages: staging tables outlive their jobs only until the next sweep."""

from uuid import UUID, uuid4

import pytest

from tests.integration.queue_harness import Queue


def staged_by(queue: Queue, job: UUID, kind: str = "stage") -> str:
    name = f"{kind}_{job.hex}"
    queue.admin.execute(f"create table importer.{name} (name text)")
    return name


def drop(queue: Queue) -> int:
    return queue.value("select importer.drop_stages()")


@pytest.fixture(autouse=True)
def no_tables_of_other_tests(queue: Queue) -> None:
    drop(queue)


@pytest.mark.parametrize(
    ("kind", "status", "dropped"),
    [
        *(("stage", status, 0) for status in ("pending", "running")),
        *(("stage", status, 1) for status in ("completed", "failed", "cancelled")),
        # A retry by hand goes on with the keys that were met.
        *(("keys", status, 0) for status in ("pending", "running", "failed", "cancelled")),
        ("keys", "completed", 1),
    ],
)
def test_tables_of_jobs_that_have_ended_go(queue: Queue, kind: str, status: str, dropped: int) -> None:
    name = staged_by(queue, queue.job_that_is(status), kind)
    assert drop(queue) == dropped
    assert queue.value("select to_regclass('importer.' || %s) is null", name) is bool(dropped)


def test_keys_of_a_failed_job_go_after_a_week(queue: Queue) -> None:
    job = queue.job_that_is("failed")
    staged_by(queue, job, "keys")
    queue.admin.execute("alter table public.import_jobs disable trigger guard_import_job")
    queue.admin.execute("update public.import_jobs set updated_at = now() - interval '8 days' where id = %s", [job])
    queue.admin.execute("alter table public.import_jobs enable trigger guard_import_job")
    assert drop(queue) == 1


def test_table_of_a_deleted_job_goes(queue: Queue) -> None:
    staged_by(queue, uuid4())
    assert drop(queue) == 1


def test_table_in_use_is_left_and_the_others_go(queue: Queue) -> None:
    used, unused = staged_by(queue, uuid4()), staged_by(queue, uuid4())
    with queue.db.connect() as reader, reader.transaction():
        reader.execute(f"select from importer.{used}")
        assert drop(queue) == 1
    assert queue.value("select to_regclass('importer.' || %s)", unused) is None
    assert drop(queue) == 1


def test_other_tables_are_left_alone(queue: Queue) -> None:
    queue.admin.execute("create table importer.stage_of_mine (name text)")
    assert drop(queue) == 0
    queue.admin.execute("drop table importer.stage_of_mine")


def test_sweep_drops_them(queue: Queue) -> None:
    name = staged_by(queue, uuid4())
    queue.sweep()
    assert queue.value("select to_regclass('importer.' || %s)", name) is None
