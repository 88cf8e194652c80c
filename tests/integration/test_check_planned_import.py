"""public.check_planned_import: what a user would be refused is said before the upload, and nothing is inserted."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

CHECK = "select * from public.check_planned_import(%s, %s, %s, %s)"
PEOPLE = """
create schema app;
create table app.people (name text);
select importer.register_target('app.people', 'people');
"""


@pytest.fixture
def people(queue: Queue) -> Iterator[Queue]:
    """A target; the bucket has its limits back after the test."""
    limits = "select file_size_limit, allowed_mime_types from storage.buckets where id = 'imports'"
    before = queue.admin.execute(limits).fetchone()
    assert before is not None
    queue.admin.execute(PEOPLE)
    yield queue
    bucket(queue, *before)


@pytest.fixture
def owner(people: Queue) -> Iterator[psycopg.Connection]:
    with people.user() as conn:
        yield conn


def bucket(queue: Queue, size_limit: object, types: object) -> None:
    statement = "update storage.buckets set file_size_limit = %s, allowed_mime_types = %s where id = 'imports'"
    queue.admin.execute(statement, [size_limit, types])


def check(
    conn: psycopg.Connection, size: int = 1000, target: str = "people", kind: str = "text/csv", **options: object
) -> tuple[object, ...]:
    row = conn.execute(CHECK, [target, size, kind, Jsonb(options)]).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("target", ["people", "app.people"])
def test_target_is_named_and_nothing_is_inserted(people: Queue, owner: psycopg.Connection, target: str) -> None:
    assert check(owner, target=target) == ("people", 2)
    assert people.value("select count(*) from public.import_jobs") == 0


def test_unknown_target_and_wrong_options_are_refused(owner: psycopg.Connection) -> None:
    with raises("IJ106"):
        check(owner, target="cities")
    with raises("IJ102"):
        check(owner, delimeter=";")


def test_target_that_is_not_for_the_user_is_refused(people: Queue, owner: psycopg.Connection) -> None:
    people.admin.execute("update public.import_targets set allowed_when = $$claims ->> 'aal' = 'aal2'$$")
    with raises("IJ601"):
        check(owner)
    with people.db.connect("authenticated", {"sub": str(OWNER), "aal": "aal2"}) as conn:
        assert check(conn) == ("people", 2)


def test_size_beyond_that_of_the_bucket_is_refused(people: Queue, owner: psycopg.Connection) -> None:
    bucket(people, 1000, None)
    check(owner, 1000)
    with raises("IJ205") as caught:
        check(owner, 1001)
    assert caught.value.diag.message_primary == "the file has 1001 bytes, but the limit of the bucket is 1000"


@pytest.mark.parametrize(
    ("kind", "types", "accepted"),
    [
        ("text/csv", None, True),
        ("text/csv", [], True),
        ("text/csv", ["text/plain", "text/csv"], True),
        ("text/csv; charset=utf-8", ["text/csv"], False),
        ("text/csv", ["text/*"], True),
        ("text/csv", ["*/*"], True),
        ("image/png", ["text/*", "application/gzip"], False),
    ],
)
def test_type_must_be_one_of_the_bucket(
    people: Queue, owner: psycopg.Connection, kind: str, types: list[str] | None, accepted: bool
) -> None:
    bucket(people, None, types)
    if accepted:
        check(owner, kind=kind)
    else:
        with raises("IJ207"):
            check(owner, kind=kind)


@pytest.mark.parametrize(
    ("name", "value", "size"), [("max_active_jobs_per_owner", "1", 1), ("max_active_bytes_per_owner", "99", 100)]
)
def test_one_more_job_is_counted(people: Queue, owner: psycopg.Connection, name: str, value: str, size: int) -> None:
    check(owner, size)
    people.insert(created_by=OWNER)
    people.insert(created_by=OTHER)
    people.admin.execute("insert into importer.settings (name, value) values (%s, %s)", [name, value])
    with raises("IJ114"):
        check(owner, size)


def test_inspection_does_not_count(people: Queue, owner: psycopg.Connection) -> None:
    people.admin.execute("insert into importer.settings (name, value) values ('max_active_jobs_per_owner', '1')")
    people.insert(created_by=OWNER, options=Jsonb({"inspect": True}))
    check(owner)


def test_service_may_check_without_an_owner(people: Queue) -> None:
    with people.db.connect("service_role") as conn:
        assert check(conn, 10**9) == ("people", 101)


def test_anonymous_callers_may_not_check(people: Queue) -> None:
    with people.db.connect("anon") as conn, raises("42501"):
        check(conn)


def test_time_is_estimated_from_own_imports_into_the_target(people: Queue, owner: psycopg.Connection) -> None:
    assert check(owner, 10**9) == ("people", 101)
    for seconds, job_owner, target in [
        (1, OWNER, "people"),
        (2, OWNER, "people"),
        (4, OWNER, "people"),
        (90, OTHER, "people"),
    ]:
        completed(people, seconds, created_by=job_owner, target=target)
    completed(people, 90, created_by=OWNER, target="cities")
    # The median: 100 MB in 2 s.
    assert check(owner, 10**9) == ("people", 21)


def completed(queue: Queue, seconds: int, **columns: object) -> None:
    """Make a completed job that took so long for 100 MB."""
    job = queue.job_that_is("completed", **columns)
    queue.admin.execute(
        "update public.import_jobs set bytes_total = 1e8, bytes_read = 1e8,"
        " finished_at = started_at + make_interval(secs => %s) where id = %s",
        [seconds, job],
    )
