"""importer.prepare_key_table: the table of the keys that a file has used, where each key may occur once."""

import pytest

from tests.integration.queue_harness import Claim, Queue, raises

PEOPLE = """
create schema app;
create table app.people (name text, born date, age integer, unique (name, born));
select importer.register_target('app.people');
"""


@pytest.fixture
def claim(queue: Queue) -> Claim:
    queue.admin.execute(PEOPLE)
    return queue.running()


def prepare(queue: Queue, claim: Claim, *columns: str) -> str:
    statement = "select importer.prepare_key_table(%s, %s, %s)"
    return queue.processor.execute(statement, [claim.id, claim.token, list(columns or ("name", "born"))]).fetchone()[0]


def enter(queue: Queue, keys: str, record: int, name: str, born: str) -> None:
    queue.processor.execute(f"insert into importer.{keys} values (%s, %s, %s)", [record, name, born])


def test_key_can_be_inserted_once(queue: Queue, claim: Claim) -> None:
    keys = prepare(queue, claim)
    enter(queue, keys, 1, "a", "2000-01-01")
    enter(queue, keys, 2, "a", "2000-01-02")
    with raises("23505"):
        enter(queue, keys, 3, "a", "2000-01-01")


def test_keys_of_committed_chunks_are_kept(queue: Queue, claim: Claim) -> None:
    keys = prepare(queue, claim)
    enter(queue, keys, 1, "a", "2000-01-01")
    queue.open(claim)
    queue.commit(claim)
    assert prepare(queue, claim) == keys
    with raises("23505"):
        enter(queue, keys, 2, "a", "2000-01-01")


def test_keys_are_deleted_when_the_job_starts_from_the_beginning(queue: Queue, claim: Claim) -> None:
    keys = prepare(queue, claim)
    enter(queue, keys, 1, "a", "2000-01-01")
    assert prepare(queue, claim) == keys
    enter(queue, keys, 1, "a", "2000-01-01")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_other_role_may_read_the_keys(queue: Queue, claim: Claim, role: str) -> None:
    table = f"importer.{prepare(queue, claim)}"
    assert queue.value("select has_table_privilege(%s, %s::regclass, 'select')", role, table) is False


def test_keys_of_a_completed_job_are_dropped(queue: Queue, claim: Claim) -> None:
    keys = prepare(queue, claim)
    queue.value("select importer.drop_job_tables()")
    assert queue.value("select to_regclass('importer.' || %s) is not null", keys) is True
    queue.finish(claim, 0)
    queue.value("select importer.drop_job_tables()")
    assert queue.value("select to_regclass('importer.' || %s)", keys) is None


def test_dropped_table_raises_ij503(queue: Queue, claim: Claim) -> None:
    queue.admin.execute("drop table app.people")
    with raises("IJ503"):
        prepare(queue, claim)


def test_without_a_lease_ij103_is_raised(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        prepare(queue, claim)
