"""public.create_import_job: two requests with the same key create one job, by function and by the Data API's upsert."""

import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

PATH = f"{OWNER}/people.csv"
CREATE = "select (public.create_import_job(%s, 'people', idempotency_key => %s)).id"
# The statement of PostgREST for on_conflict=created_by,idempotency_key with Prefer: resolution=ignore-duplicates.
UPSERT = (
    "insert into public.import_jobs (object_path, target, idempotency_key) values (%s, 'people', %s)"
    " on conflict (created_by, idempotency_key) do nothing returning id"
)


@pytest.fixture
def owner(queue: Queue) -> Iterator[psycopg.Connection]:
    with queue.user() as conn:
        yield conn


def created(conn: psycopg.Connection, key: str | None, path: str = PATH) -> UUID:
    return conn.execute(CREATE, [path, key]).fetchone()[0]


def jobs(queue: Queue) -> int:
    return queue.value("select count(*) from public.import_jobs")


def test_job_is_inserted_with_the_defaults_of_the_table(queue: Queue, owner: psycopg.Connection) -> None:
    job = owner.execute("select (public.create_import_job(%s, 'people')).id", [PATH]).fetchone()[0]
    row = queue.row(job, "status", "bucket_id", "options", "priority", "created_by", "idempotency_key")
    assert row == ("pending", "imports", {}, 0, OWNER, None)
    assert queue.value("select run_after <= now() from public.import_jobs")


def test_every_argument_is_stored(queue: Queue, owner: psycopg.Connection) -> None:
    job = uuid4()
    owner.execute(
        "select public.create_import_job(object_path => %s, target => 'people', options => '{\"trim\": true}',"
        " priority => 3::smallint, run_after => '2030-01-01Z', idempotency_key => 'k', id => %s)",
        [PATH, job],
    )
    row = queue.row(job, "object_path", "target", "options", "priority", "idempotency_key")
    assert row == (PATH, "people", {"trim": True}, 3, "k")
    assert queue.row(job, "run_after").year == 2030


def test_row_of_the_job_is_returned(owner: psycopg.Connection) -> None:
    row = owner.execute("select status, object_path from public.create_import_job(%s, 'people')", [PATH]).fetchone()
    assert row == ("pending", PATH)


def test_second_call_with_the_key_returns_the_first_job(queue: Queue, owner: psycopg.Connection) -> None:
    first = created(owner, "k")
    assert created(owner, "k", f"{OWNER}/another.csv") == first
    assert jobs(queue) == 1


def test_first_job_is_returned_in_any_state(queue: Queue, owner: psycopg.Connection) -> None:
    first = created(owner, "k")
    owner.execute("select public.cancel_import_job(%s)", [first])
    row = owner.execute(
        "select id, status from public.create_import_job(%s, 'people', idempotency_key => 'k')", [PATH]
    ).fetchone()
    assert row == (first, "cancelled")


def test_two_calls_without_a_key_create_two_jobs(queue: Queue, owner: psycopg.Connection) -> None:
    assert created(owner, None) != created(owner, None)
    assert jobs(queue) == 2


def test_same_key_of_another_owner_creates_another_job(queue: Queue, owner: psycopg.Connection) -> None:
    with queue.user(OTHER) as other:
        assert created(owner, "k") != created(other, "k", f"{OTHER}/people.csv")


def test_keys_of_the_service_are_separate(queue: Queue, owner: psycopg.Connection) -> None:
    with queue.db.connect("service_role") as service:
        first = created(service, "k", "service/a.csv")
        assert created(service, "k", "service/a.csv") == first
        assert created(owner, "k") != first
    assert jobs(queue) == 2


def test_concurrent_calls_with_the_same_key_create_one_job(queue: Queue, owner: psycopg.Connection) -> None:
    jobs_returned: list[UUID] = []
    with queue.user() as late:
        with owner.transaction():
            jobs_returned.append(created(owner, "k"))
            thread = threading.Thread(target=lambda: jobs_returned.append(created(late, "k")))
            thread.start()
            while not queue.value("select cardinality(pg_blocking_pids(%s)) > 0", late.info.backend_pid):
                assert thread.is_alive(), "it did not wait for the first call to commit"
        thread.join()
    assert jobs_returned[0] == jobs_returned[1]
    assert jobs(queue) == 1


def test_concurrent_call_that_rolled_back_leaves_the_key_free(queue: Queue, owner: psycopg.Connection) -> None:
    with owner.transaction(force_rollback=True):
        gone = created(owner, "k")
    assert created(owner, "k") != gone
    assert jobs(queue) == 1


def test_existing_id_is_an_error(owner: psycopg.Connection) -> None:
    job = created(owner, "k")
    for key in ("another", None):
        with raises("23505"):
            owner.execute(
                "select public.create_import_job(%s, 'people', idempotency_key => %s, id => %s)", [PATH, key, job]
            )


def test_same_key_and_id_return_the_first_job(owner: psycopg.Connection) -> None:
    statement = "select (public.create_import_job(%s, 'people', idempotency_key => 'k', id => %s)).id"
    job = uuid4()
    assert [owner.execute(statement, [PATH, job]).fetchone()[0] for _ in range(2)] == [job, job]


@pytest.mark.parametrize(("path", "options", "code"), [(f"{OTHER}/a", "{}", "IJ602"), (PATH, '{"x": 1}', "IJ102")])
def test_errors_of_the_insert_are_raised(owner: psycopg.Connection, path: str, options: str, code: str) -> None:
    with raises(code):
        owner.execute("select public.create_import_job(%s, 'people', %s)", [path, options])


def test_anon_may_not_call_it(queue: Queue) -> None:
    with queue.db.connect("anon") as conn, raises("42501"):
        created(conn, "k")


def test_plain_insert_with_a_used_key_fails(owner: psycopg.Connection) -> None:
    statement = "insert into public.import_jobs (object_path, target, idempotency_key) values (%s, 'people', 'k')"
    owner.execute(statement, [PATH])
    with raises("23505"):
        owner.execute(statement, [PATH])


def test_plain_insert_of_the_service_with_a_used_key_fails(queue: Queue) -> None:
    queue.insert(idempotency_key="k")
    with raises("23505"):
        queue.insert(idempotency_key="k")


def test_upsert_that_ignores_duplicates_creates_one_job(queue: Queue, owner: psycopg.Connection) -> None:
    assert len(owner.execute(UPSERT, [PATH, "k"]).fetchall()) == 1
    assert owner.execute(UPSERT, [PATH, "k"]).fetchall() == []
    assert jobs(queue) == 1


def test_upsert_without_a_key_inserts_each_time(queue: Queue, owner: psycopg.Connection) -> None:
    assert [len(owner.execute(UPSERT, [PATH, None]).fetchall()) for _ in range(2)] == [1, 1]
    assert jobs(queue) == 2


def test_repeated_call_rings_once(queue: Queue, owner: psycopg.Connection) -> None:
    """The insert rings the doorbell, so a call that inserts nothing does not ring."""
    notices: list[str] = []
    owner.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    created(owner, "k")
    created(owner, "k")
    assert [text[:42] for text in notices] == ["import-jobs could not ring the processor ("]
