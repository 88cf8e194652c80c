"""importer.limit_import_job_changes: how often an owner may retry and cancel jobs again."""

from uuid import UUID

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

UPDATE = "update public.import_jobs set status = %s where id = %s"
LIMIT = "insert into importer.settings (name, value) values ('max_repeated_changes_per_owner', '5')"


@pytest.fixture
def limited(queue: Queue) -> Queue:
    """A queue in which an owner may change jobs again five times in a minute."""
    queue.admin.execute("delete from importer.owner_changes")
    queue.admin.execute(LIMIT)
    return queue


def flap(conn: psycopg.Connection, jobs: list[UUID], times: int) -> None:
    """Cancel and retry each of the jobs in turn."""
    for _ in range(times):
        for status in ("cancelled", "pending"):
            for job in jobs:
                conn.execute(UPDATE, [status, job])


@pytest.mark.parametrize("jobs", [1, 3])
def test_job_cannot_be_retried_and_cancelled_without_end(limited: Queue, jobs: int) -> None:
    flapped = [limited.insert(created_by=OWNER) for _ in range(jobs)]
    with limited.user() as conn, raises("IJ116"):
        flap(conn, flapped, 20)
    assert (
        sum(len(limited.events(job)) for job in flapped) == 2 * jobs + 5
    )  # the insert and one change of each are free


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
def test_functions_have_the_same_limit(limited: Queue, function: str) -> None:
    job = limited.insert(created_by=OWNER)
    with limited.user() as conn:
        flap(conn, [job], 3)
        if function == "retry_import_job":
            limited.admin.execute(UPDATE, ["cancelled", job])
        with raises("IJ116"):
            conn.execute(f"select public.{function}(id => %s)", [job])


def test_limit_within_one_transaction(limited: Queue) -> None:
    job = limited.insert(created_by=OWNER)
    with limited.user() as conn, raises("IJ116"), conn.transaction():
        flap(conn, [job], 20)
    assert limited.events(job) == ["pending"]


def test_many_jobs_are_cancelled_at_once(limited: Queue) -> None:
    for _ in range(50):
        limited.insert(created_by=OWNER)
    with limited.user() as conn:
        assert conn.execute("update public.import_jobs set status = 'cancelled'").rowcount == 50


def test_owners_have_limits_of_their_own(limited: Queue) -> None:
    job, theirs = limited.insert(created_by=OWNER), limited.insert(created_by=OTHER)
    with limited.user() as conn, raises("IJ116"):
        flap(conn, [job], 20)
    with limited.user(OTHER) as conn:
        flap(conn, [theirs], 2)


def test_owner_may_go_on_a_minute_later(limited: Queue) -> None:
    job = limited.insert(created_by=OWNER)
    with limited.user() as conn:
        with raises("IJ116"):
            flap(conn, [job], 20)
        limited.admin.execute("update importer.owner_changes set since = now() - interval '1 minute'")
        limited.admin.execute("update public.import_job_events set happened_at = now() - interval '1 minute'")
        flap(conn, [job], 2)


@pytest.mark.parametrize("role", ["service_role", "postgres"])
def test_service_and_administrators_have_no_limit(limited: Queue, role: str) -> None:
    job = limited.insert(created_by=OWNER)
    with limited.db.connect(role) as conn:
        flap(conn, [job], 20)


def test_automatic_retries_do_not_count(limited: Queue) -> None:
    limited.admin.execute("update importer.settings set value = '0' where name = 'max_repeated_changes_per_owner'")
    claim = limited.running(created_by=OWNER)
    limited.fail(claim, transient=True, code="IJ501")
    with limited.user() as conn:
        conn.execute(UPDATE, ["cancelled", claim.id])
    assert limited.row(claim.id, "status") == "cancelled"
