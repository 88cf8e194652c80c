"""importer.limit_import_jobs: how many jobs and bytes one owner may have pending or running."""

from uuid import UUID

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

MANY = """
insert into public.import_jobs (object_path, target)
select %s || '/a' || n, 'people' from generate_series(1, %s) as n
"""


@pytest.fixture
def three(queue: Queue) -> Queue:
    """Set the limit of jobs to three."""
    setting(queue, "max_active_jobs_per_owner", "3")
    return queue


def setting(queue: Queue, name: str, value: str) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values (%s, %s)", [name, value])


def insert(conn: psycopg.Connection, count: int = 1, user: UUID = OWNER) -> None:
    conn.execute(MANY, [str(user), count])


def jobs(queue: Queue) -> int:
    return queue.value("select count(*) from public.import_jobs")


def test_limit_can_be_reached_but_not_exceeded(three: Queue) -> None:
    with three.user() as conn:
        for _ in range(3):
            insert(conn)
        with raises("IJ114"):
            insert(conn)
    assert jobs(three) == 3


@pytest.mark.parametrize(("count", "there"), [(3, 3), (4, 0)])
def test_statement_is_counted_as_a_whole(three: Queue, count: int, there: int) -> None:
    with three.user() as conn:
        if there:
            insert(conn, count)
        else:
            with raises("IJ114"):
                insert(conn, count)
    assert jobs(three) == there


def test_running_jobs_count(three: Queue) -> None:
    with three.user() as conn:
        insert(conn, 2)
        three.claim(2)
        insert(conn)
        with raises("IJ114"):
            insert(conn)


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_jobs_that_have_ended_do_not_count(three: Queue, status: str) -> None:
    for _ in range(3):
        three.job_that_is(status, created_by=OWNER)
    with three.user() as conn:
        insert(conn, 3)


def test_each_owner_has_a_limit_of_its_own(three: Queue) -> None:
    with three.user() as conn, three.user(OTHER) as other:
        insert(conn, 3)
        insert(other, 3, OTHER)


def test_service_has_no_limit(three: Queue) -> None:
    for _ in range(4):
        three.insert()
    assert jobs(three) == 4


def test_limit_of_an_owner_applies_to_inserts_by_the_service(three: Queue) -> None:
    for _ in range(3):
        three.insert(created_by=OWNER)
    with raises("IJ114"):
        three.insert(created_by=OWNER)
    three.insert(created_by=OTHER)


def test_retry_counts_like_an_insert(three: Queue) -> None:
    failed = three.job_that_is("failed", created_by=OWNER)
    with three.user() as conn:
        insert(conn, 3)
        with raises("IJ114"):
            conn.execute("select public.retry_import_job(%s)", [failed])
        conn.execute("update public.import_jobs set status = 'cancelled' where id <> %s", [failed])
        conn.execute("select public.retry_import_job(%s)", [failed])
    assert three.row(failed, "status") == "pending"


def test_job_released_by_the_processor_is_not_limited(three: Queue) -> None:
    """A limit that was lowered meanwhile must not prevent the release of a running job."""
    claim = three.running(created_by=OWNER)
    with three.user() as conn:
        insert(conn, 2)
    three.admin.execute("update importer.settings set value = '1' where name = 'max_active_jobs_per_owner'")
    three.release(claim)
    assert three.row(claim.id, "status") == "pending"


@pytest.mark.parametrize("value", ["many", "", "-1", "1.5", "9999999999999999999"])
def test_setting_that_is_not_a_number_means_the_default(queue: Queue, value: str) -> None:
    setting(queue, "max_active_jobs_per_owner", value)
    assert queue.value("select importer.setting_number('max_active_jobs_per_owner', 1000)") == 1000
    with queue.user() as conn:
        insert(conn, 3)


def test_default_limit_is_1000_jobs(queue: Queue) -> None:
    """An administrator inserts the jobs, because statements of users time out after 8 s."""
    queue.admin.execute(
        "insert into public.import_jobs (object_path, target, created_by)"
        " select 'a' || n, 'people', %s from generate_series(1, 1000) as n",
        [OWNER],
    )
    with queue.user() as conn, raises("IJ114"):
        insert(conn)


@pytest.mark.parametrize(("size", "fits"), [(60, True), (61, False)])
def test_bytes_of_opened_files_count(queue: Queue, size: int, fits: bool) -> None:
    setting(queue, "max_active_bytes_per_owner", "60")
    queue.open(queue.running(created_by=OWNER), size=size)
    with queue.user() as conn:
        if fits:
            insert(conn)
        else:
            with raises("IJ114"):
                insert(conn)


@pytest.mark.parametrize(("size", "fits"), [(30, True), (31, False)])
def test_bytes_of_uploaded_files_count(queue: Queue, size: int, fits: bool) -> None:
    setting(queue, "max_active_bytes_per_owner", "60")
    with queue.admin.transaction(force_rollback=True):
        queue.admin.execute("insert into storage.buckets (id, name) values ('avatars', 'avatars')")
        queue.admin.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            " values ('imports', %s, %s), ('avatars', %s, '{\"size\": 1000}')",
            [f"{OWNER}/a1", f'{{"size": {size}}}', f"{OWNER}/a1"],
        )
        queue.insert(object_path=f"{OWNER}/a1", created_by=OWNER)
        if fits:
            queue.insert(object_path=f"{OWNER}/a1", created_by=OWNER)
        else:
            with raises("IJ114"):
                queue.insert(object_path=f"{OWNER}/a1", created_by=OWNER)


def test_hint_names_the_limits(three: Queue) -> None:
    with three.user() as conn, raises("IJ114") as caught:
        insert(conn, 4)
    assert caught.value.diag.message_hint == (
        "Wait until some jobs have ended, or cancel them; the limits are 3 jobs and 100000000000 bytes."
    )
