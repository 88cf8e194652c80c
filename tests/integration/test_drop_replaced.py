"""importer.drop_replaced: replaced rows are kept for as long as the settings say."""

from uuid import UUID, uuid4

import pytest

from tests.integration.queue_harness import Queue

SETTING = "insert into importer.settings (name, value) values ('keep_replaced_days', %s)"


def kept_by(queue: Queue, job: UUID) -> str:
    name = f"replaced_{job.hex}"
    queue.admin.execute(f"create table importer.{name} (name text)")
    return name


def drop(queue: Queue) -> int:
    return queue.value("select importer.drop_replaced()")


def is_there(queue: Queue, name: str) -> bool:
    return queue.value("select to_regclass('importer.' || %s) is not null", name)


def ended(queue: Queue, days: float) -> UUID:
    job = queue.job_that_is("completed")
    queue.admin.execute("update public.import_jobs set finished_at = now() - %s * interval '1 day'", [days])
    return job


@pytest.fixture(autouse=True)
def no_tables_of_other_tests(queue: Queue) -> None:
    drop(queue)


@pytest.mark.parametrize(("days", "stays"), [(0, True), (6.9, True), (7.1, False)])
def test_week_is_the_default(queue: Queue, days: float, stays: bool) -> None:
    name = kept_by(queue, ended(queue, days))
    assert drop(queue) == (0 if stays else 1)
    assert is_there(queue, name) is stays


@pytest.mark.parametrize(("setting", "stays"), [("3", True), ("2", False), ("0", False), ("soon", True)])
def test_setting_says_for_how_long(queue: Queue, setting: str, stays: bool) -> None:
    queue.admin.execute(SETTING, [setting])
    name = kept_by(queue, ended(queue, 2.5))
    drop(queue)
    assert is_there(queue, name) is stays


def test_very_long_is_no_error(queue: Queue) -> None:
    queue.admin.execute(SETTING, ["999999999999999999"])
    kept_by(queue, ended(queue, 30))
    assert drop(queue) == 0


@pytest.mark.parametrize("status", ["pending", "running"])
def test_job_that_has_not_ended_keeps_its_table(queue: Queue, status: str) -> None:
    name = kept_by(queue, queue.job_that_is(status))
    assert drop(queue) == 0
    assert is_there(queue, name)


def test_table_of_an_undone_job_goes(queue: Queue) -> None:
    kept_by(queue, ended(queue, 0))
    queue.admin.execute("update public.import_jobs set undone_at = now()")
    assert drop(queue) == 1


def test_table_of_a_deleted_job_goes(queue: Queue) -> None:
    kept_by(queue, uuid4())
    assert drop(queue) == 1


def test_table_in_use_is_left_for_the_next_time(queue: Queue) -> None:
    name = kept_by(queue, uuid4())
    with queue.db.connect() as reader, reader.transaction():
        reader.execute(f"select from importer.{name}")
        assert drop(queue) == 0
    assert drop(queue) == 1


def test_other_tables_are_left_alone(queue: Queue) -> None:
    queue.admin.execute("create table importer.replaced_notes (name text)")
    assert drop(queue) == 0
    queue.admin.execute("drop table importer.replaced_notes")


def test_sweep_drops_them(queue: Queue) -> None:
    name = kept_by(queue, uuid4())
    queue.sweep()
    assert not is_there(queue, name)
