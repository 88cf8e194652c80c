"""importer.drop_job_tables: the tables of a job are dropped when nothing needs them any more."""

from uuid import UUID, uuid4

import pytest

from tests.integration.queue_harness import Queue

SETTING = "insert into importer.settings (name, value) values ('keep_replaced_days', %s)"
PENDING_OR_RUNNING = ("pending", "running")
FAILED_OR_CANCELLED = ("failed", "cancelled")


def create_table(queue: Queue, kind: str, job: UUID) -> str:
    """Create a table of the job, as the function of that kind does; return its name."""
    name = f"{kind}_{job.hex}"
    queue.admin.execute(f"create table importer.{name} (name text)")
    return name


def drop(queue: Queue) -> int:
    return queue.value("select importer.drop_job_tables()")


def exists(queue: Queue, name: str) -> bool:
    return queue.value("select to_regclass('importer.' || %s) is not null", name)


def ended(queue: Queue, days: float) -> UUID:
    """Return a job that completed the given number of days ago."""
    job = queue.job_that_is("completed")
    queue.admin.execute("update public.import_jobs set finished_at = now() - %s * interval '1 day'", [days])
    return job


@pytest.fixture(autouse=True)
def no_tables_of_other_tests(queue: Queue) -> None:
    drop(queue)


@pytest.mark.parametrize(
    ("kind", "status", "dropped"),
    [
        *(("staging", status, 0) for status in PENDING_OR_RUNNING),
        *(("staging", status, 1) for status in ("completed", *FAILED_OR_CANCELLED)),
        # A manual retry continues with the keys of the earlier attempts.
        *(("keys", status, 0) for status in (*PENDING_OR_RUNNING, *FAILED_OR_CANCELLED)),
        ("keys", "completed", 1),
        *(("replaced", status, 0) for status in PENDING_OR_RUNNING),
    ],
)
def test_table_is_dropped_after_its_job_has_ended(queue: Queue, kind: str, status: str, dropped: int) -> None:
    name = create_table(queue, kind, queue.job_that_is(status))
    assert drop(queue) == dropped
    assert exists(queue, name) is not bool(dropped)


def test_keys_of_a_failed_job_are_dropped_after_a_week(queue: Queue) -> None:
    job = queue.job_that_is("failed")
    create_table(queue, "keys", job)
    queue.admin.execute("alter table public.import_jobs disable trigger guard_import_job")
    queue.admin.execute("update public.import_jobs set updated_at = now() - interval '8 days' where id = %s", [job])
    queue.admin.execute("alter table public.import_jobs enable trigger guard_import_job")
    assert drop(queue) == 1


@pytest.mark.parametrize(("days", "kept"), [(0, True), (6.9, True), (7.1, False)])
def test_replaced_rows_are_kept_for_a_week_by_default(queue: Queue, days: float, kept: bool) -> None:
    name = create_table(queue, "replaced", ended(queue, days))
    assert drop(queue) == (0 if kept else 1)
    assert exists(queue, name) is kept


@pytest.mark.parametrize(("setting", "kept"), [("3", True), ("2", False), ("0", False), ("soon", True)])
def test_setting_decides_how_long_replaced_rows_are_kept(queue: Queue, setting: str, kept: bool) -> None:
    queue.admin.execute(SETTING, [setting])
    name = create_table(queue, "replaced", ended(queue, 2.5))
    drop(queue)
    assert exists(queue, name) is kept


def test_largest_number_of_days_is_accepted(queue: Queue) -> None:
    queue.admin.execute(SETTING, ["999999999999999999"])
    create_table(queue, "replaced", ended(queue, 30))
    assert drop(queue) == 0


def test_replaced_rows_of_an_undone_job_are_dropped(queue: Queue) -> None:
    create_table(queue, "replaced", ended(queue, 0))
    queue.admin.execute("update public.import_jobs set undone_at = now()")
    assert drop(queue) == 1


@pytest.mark.parametrize("kind", ["staging", "keys", "replaced"])
def test_table_of_a_deleted_job_is_dropped(queue: Queue, kind: str) -> None:
    create_table(queue, kind, uuid4())
    assert drop(queue) == 1


@pytest.mark.parametrize("kind", ["staging", "replaced"])
def test_table_in_use_is_left_for_the_next_call(queue: Queue, kind: str) -> None:
    used, unused = create_table(queue, kind, uuid4()), create_table(queue, kind, uuid4())
    with queue.db.connect() as reader, reader.transaction():
        reader.execute(f"select from importer.{used}")
        assert drop(queue) == 1
        assert exists(queue, used)
    assert not exists(queue, unused)
    assert drop(queue) == 1


@pytest.mark.parametrize("name", ["staging_of_mine", "replaced_notes"])
def test_other_tables_are_not_dropped(queue: Queue, name: str) -> None:
    queue.admin.execute(f"create table importer.{name} (name text)")
    assert drop(queue) == 0
    queue.admin.execute(f"drop table importer.{name}")


@pytest.mark.parametrize("kind", ["staging", "replaced"])
def test_sweep_drops_the_tables(queue: Queue, kind: str) -> None:
    name = create_table(queue, kind, uuid4())
    queue.sweep()
    assert not exists(queue, name)
