"""importer.find_target: a job names a target or the table of one."""

import pytest

from tests.integration.queue_harness import Queue


@pytest.fixture(autouse=True)
def targets(queue: Queue) -> None:
    queue.admin.execute("create schema app; create table app.people (name text)")
    for name, table in (("z", "app.people"), ("b", "app.people"), ("app.people", None)):
        queue.admin.execute(
            """insert into public.import_targets (name, "table", columns, mode) values (%s, %s, %s, %s)""",
            [
                name,
                table,
                '{"name": {"type": "text"}}' if table is None else '{"name": {}}',
                "insert" if table else "none",
            ],
        )


def named(queue: Queue, called: str | None) -> list[str]:
    return [name for (name,) in queue.admin.execute("select name from importer.find_target(%s)", [called]).fetchall()]


def test_target_is_found_by_name(queue: Queue) -> None:
    assert named(queue, "z") == ["z"]


def test_name_takes_precedence_over_the_table_of_another_target(queue: Queue) -> None:
    assert named(queue, "app.people") == ["app.people"]


def test_first_name_is_returned_for_several_targets_of_one_table(queue: Queue) -> None:
    queue.admin.execute("delete from public.import_targets where name = 'app.people'")
    assert named(queue, "app.people") == ["b"]


@pytest.mark.parametrize("called", ["people", "Z", "", None])
def test_unknown_target_returns_no_row(queue: Queue, called: str | None) -> None:
    assert named(queue, called) == []
