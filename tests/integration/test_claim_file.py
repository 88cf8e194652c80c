"""importer.claim_file: a file is loaded once for each owner and target, also if two jobs claim it concurrently."""

import threading
from typing import Any

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Claim, Queue, raises

SHA = "5e" * 32
PEOPLE = """
create schema app;
create table app.people (name text);
create table app.cities (name text);
select importer.register_target('app.people'), importer.register_target('app.cities');
update public.import_targets set on_duplicate_file = 'skip', max_running_jobs = 50;
"""


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute(PEOPLE)
    return queue


def claim_file(
    queue: Queue, claim: Claim, sha256: str = SHA, conn: psycopg.Connection | None = None
) -> dict[str, Any] | None:
    statement = "select importer.claim_file(%s, %s, %s)"
    return (conn or queue.processor).execute(statement, [claim.id, claim.token, sha256]).fetchone()[0]


def imported(queue: Queue, sha256: str = SHA, **columns: object) -> Claim:
    """Return the claim of a completed job that has loaded this file."""
    claim = queue.running(**columns)
    assert claim_file(queue, claim, sha256) is None
    queue.open(claim)
    queue.commit(claim)
    queue.processor.execute("select importer.finish_job(%s, %s, 1, null, '{}')", [claim.id, claim.token])
    return claim


def test_new_file_may_be_loaded_and_its_hash_is_stored(people: Queue) -> None:
    claim = people.running()
    assert claim_file(people, claim) is None
    assert people.row(claim.id, "file_sha256") == SHA


def test_file_of_a_completed_job_is_a_duplicate(people: Queue) -> None:
    first = imported(people)
    second = people.running()
    assert claim_file(people, second) == {"duplicate_of": str(first.id), "status": "completed"}
    assert people.row(second.id, "file_sha256") == SHA


def test_file_of_a_running_job_is_being_imported(people: Queue) -> None:
    first, second = people.running(), people.running()
    assert claim_file(people, first) is None
    assert claim_file(people, second) == {"duplicate_of": str(first.id), "status": "running"}


def test_waiting_job_does_not_make_another_wait(people: Queue) -> None:
    """Otherwise two jobs that had both stored the hash would postpone each other for ever."""
    first, second = people.running(), people.running()
    claim_file(people, first)
    claim_file(people, second)
    assert people.row(second.id, "file_sha256") is None
    assert claim_file(people, first) is None


def test_completed_job_takes_precedence_over_a_running_one(people: Queue) -> None:
    forced = people.running(options='{"force": true}')
    assert claim_file(people, forced) is None
    first = people.running()
    people.admin.execute("update public.import_jobs set created_at = now() + interval '1 h' where id = %s", [first.id])
    people.admin.execute("""update public.import_jobs set options = '{"force": true}' where id = %s""", [first.id])
    claim_file(people, first)
    people.processor.execute("select importer.finish_job(%s, %s, 0, null, '{}')", [first.id, first.token])
    assert claim_file(people, people.running()) == {"duplicate_of": str(first.id), "status": "completed"}


def test_second_call_returns_the_same(people: Queue) -> None:
    claim = people.running()
    assert [claim_file(people, claim), claim_file(people, claim)] == [None, None]


def test_another_file_may_be_loaded(people: Queue) -> None:
    imported(people)
    assert claim_file(people, people.running(), "00" * 32) is None


def test_file_may_be_loaded_into_another_target(people: Queue) -> None:
    imported(people)
    assert claim_file(people, people.running(target="cities")) is None


@pytest.mark.parametrize(("one", "other"), [("people", "app.people"), ("app.people", "people")])
def test_target_and_its_table_are_the_same(people: Queue, one: str, other: str) -> None:
    first = imported(people, target=one)
    assert claim_file(people, people.running(target=other))["duplicate_of"] == str(first.id)


@pytest.mark.parametrize("owners", [(OWNER, OTHER), (OWNER, None), (None, OWNER)])
def test_another_owner_may_load_the_file(people: Queue, owners: tuple[object, object]) -> None:
    imported(people, created_by=owners[0])
    assert claim_file(people, people.running(created_by=owners[1])) is None


@pytest.mark.parametrize("owner", [OWNER, None])
def test_same_owner_gets_the_earlier_job(people: Queue, owner: object) -> None:
    first = imported(people, created_by=owner)
    assert claim_file(people, people.running(created_by=owner))["duplicate_of"] == str(first.id)


@pytest.mark.parametrize(
    "change",
    [
        "update public.import_jobs set undone_at = now()",
        """update public.import_jobs set options = '{"dry_run": true}'""",
        "delete from public.import_jobs",
    ],
    ids=["undone", "dry run", "deleted"],
)
def test_job_without_rows_in_the_target_does_not_count(people: Queue, change: str) -> None:
    imported(people)
    people.admin.execute(change)
    assert claim_file(people, people.running()) is None


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_job_that_did_not_complete_does_not_count(people: Queue, status: str) -> None:
    claim = people.running()
    claim_file(people, claim)
    if status == "failed":
        people.fail(claim)
    else:
        people.admin.execute("update public.import_jobs set status = 'cancelled'")
    assert claim_file(people, people.running()) is None


def test_first_job_is_returned_rather_than_a_duplicate(people: Queue) -> None:
    first = imported(people)
    second = people.running()
    claim_file(people, second)
    people.processor.execute("select importer.skip_duplicate(%s, %s, %s)", [second.id, second.token, first.id])
    third = people.running()
    assert claim_file(people, third)["duplicate_of"] == str(first.id)
    people.fail(third)
    people.admin.execute("update public.import_jobs set undone_at = now() where id = %s", [first.id])
    assert claim_file(people, people.running()) is None


def test_duplicate_of_a_deleted_job_does_not_count(people: Queue) -> None:
    first = imported(people)
    second = people.running()
    people.processor.execute("select importer.skip_duplicate(%s, %s, %s)", [second.id, second.token, first.id])
    people.admin.execute("delete from public.import_jobs where id = %s", [first.id])
    assert people.row(second.id, "duplicate_of") is None
    assert claim_file(people, people.running()) is None


def test_interrupted_job_with_rows_in_the_target_is_waited_for(people: Queue) -> None:
    first = people.running()
    claim_file(people, first)
    people.open(first)
    people.commit(first)
    people.fail(first, transient=True)
    second = people.running()
    assert claim_file(people, second) == {"duplicate_of": str(first.id), "status": "running"}


def test_interrupted_job_without_rows_is_not_waited_for(people: Queue) -> None:
    first = people.running()
    claim_file(people, first)
    people.fail(first, transient=True)
    assert claim_file(people, people.running()) is None


def test_job_with_rows_in_the_target_goes_on(people: Queue) -> None:
    first = people.running()
    people.open(first)
    people.commit(first)
    other = people.running()
    assert claim_file(people, other) is None
    assert claim_file(people, first) is None


@pytest.mark.parametrize("where", ["job", "target"])
def test_force_loads_it_again(people: Queue, where: str) -> None:
    imported(people)
    options = '{"force": true}'
    if where == "target":
        people.admin.execute("update public.import_targets set options = %s", [options])
    claim = people.running(options=options if where == "job" else "{}")
    assert claim_file(people, claim) is None
    assert people.row(claim.id, "file_sha256") == SHA


def test_option_of_the_job_takes_precedence_over_the_target(people: Queue) -> None:
    imported(people)
    people.admin.execute("""update public.import_targets set options = '{"force": true}'""")
    assert claim_file(people, people.running(options='{"force": false}')) is not None


def test_dry_run_may_read_the_file_again(people: Queue) -> None:
    imported(people)
    assert claim_file(people, people.running(options='{"dry_run": true}')) is None


def test_target_that_loads_duplicates_stores_the_hash(people: Queue) -> None:
    people.admin.execute("update public.import_targets set on_duplicate_file = 'load'")
    imported(people)
    claim = people.running()
    assert claim_file(people, claim) is None
    assert people.row(claim.id, "file_sha256") == SHA


def test_target_that_rejects_duplicates_gets_the_earlier_job(people: Queue) -> None:
    people.admin.execute("update public.import_targets set on_duplicate_file = 'reject'")
    imported(people)
    assert claim_file(people, people.running())["status"] == "completed"


def test_one_of_two_concurrent_jobs_may_load_the_file(people: Queue) -> None:
    first, second = people.running(), people.running()
    answers: list[dict[str, Any] | None] = []
    with people.db.connect("import_processor") as conn, people.db.connect("import_processor") as late:
        with conn.transaction():
            answers.append(claim_file(people, first, conn=conn))
            thread = threading.Thread(target=lambda: answers.append(claim_file(people, second, conn=late)))
            thread.start()
            while not people.value("select cardinality(pg_blocking_pids(%s)) > 0", late.info.backend_pid):
                assert thread.is_alive(), "it did not wait for the other claim"
        thread.join()
    assert answers == [None, {"duplicate_of": str(first.id), "status": "running"}]


def test_without_a_lease_ij103_is_raised(people: Queue) -> None:
    claim = people.running()
    people.expire(claim)
    with raises("IJ103"):
        claim_file(people, claim)
    assert people.row(claim.id, "file_sha256") is None


def test_manual_retry_without_loaded_rows_clears_the_hash(people: Queue) -> None:
    claim = people.running()
    claim_file(people, claim)
    people.fail(claim)
    people.admin.execute("update public.import_jobs set status = 'pending'")
    assert people.row(claim.id, "file_sha256") is None


def test_manual_retry_with_loaded_rows_keeps_the_hash(people: Queue) -> None:
    claim = people.running()
    claim_file(people, claim)
    people.open(claim)
    people.commit(claim)
    people.fail(claim)
    people.admin.execute("update public.import_jobs set status = 'pending'")
    assert people.row(claim.id, "file_sha256") == SHA


def test_finish_without_a_hash_keeps_the_stored_one(people: Queue) -> None:
    assert people.row(imported(people).id, "file_sha256") == SHA
