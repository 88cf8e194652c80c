"""The routes of clients: list, execute now, statistics."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

LIST = "select id from public.list_import_jobs({})"
FIGURES = """
select jobs, pending, running, completed, failed, cancelled, success_rate, rows_read, rows_loaded, rows_rejected
from public.import_job_statistics({}) where day is null and target is null
"""


@pytest.fixture
def owner(queue: Queue) -> Iterator[psycopg.Connection]:
    with queue.user() as conn:
        yield conn


def listed(conn: psycopg.Connection, arguments: str = "", *values: object) -> list[UUID]:
    return [job for (job,) in conn.execute(LIST.format(arguments), values)]


def jobs(queue: Queue, number: int, **columns: object) -> list[UUID]:
    """Insert jobs, of which two at a time have the same time; return them in the order of the list."""
    made = [
        (second // 2, queue.insert(created_by=OWNER, created_at=f"2026-01-01 00:00:{second // 2:02d}Z", **columns))
        for second in range(number)
    ]
    return [job for _, job in sorted(made, reverse=True)]


def test_list_is_the_callers_own_newest_first(queue: Queue, owner: psycopg.Connection) -> None:
    expected = jobs(queue, 5)
    queue.insert(created_by=OTHER)
    queue.insert()
    assert listed(owner) == expected


def test_pages_by_key_have_every_job_once(queue: Queue, owner: psycopg.Connection) -> None:
    expected = jobs(queue, 7)
    pages = [listed(owner, "page_size => 3")]
    while len(pages[-1]) == 3:
        queue.insert(created_by=OWNER)  # a new job shifts no page
        pages.append(listed(owner, "page_size => 3, after => %s", pages[-1][-1]))
    assert [job for page in pages for job in page] == expected


def test_page_behind_an_unknown_job_is_an_error(queue: Queue, owner: psycopg.Connection) -> None:
    for job in (uuid4(), queue.insert(created_by=OTHER)):
        with raises("IJ108"):
            listed(owner, "after => %s", job)


@pytest.mark.parametrize("page_size", [-1, 0, 1])
def test_page_has_at_least_one_job(queue: Queue, owner: psycopg.Connection, page_size: int) -> None:
    jobs(queue, 3)
    assert len(listed(owner, "page_size => %s", page_size)) == 1


def test_filters(queue: Queue, owner: psycopg.Connection) -> None:
    named = queue.insert(created_by=OWNER, file_name="Relatório_2026.CSV")
    pathed = queue.insert(created_by=OWNER, object_path="x/relatório-b.csv", target="other")
    failed = queue.job_that_is("failed", created_by=OWNER, priority=1)
    assert set(listed(owner, "name => 'RELATÓRIO'")) == {named, pathed}
    assert listed(owner, "name => '_2026'") == [named]
    assert listed(owner, "name => 'x/'") == [pathed]
    assert listed(owner, "target => 'other'") == [pathed]
    assert listed(owner, "status => 'failed'") == [failed]
    assert listed(owner, "status => 'failed', target => 'other'") == []


def test_service_lists_all(queue: Queue) -> None:
    for created_by in (OWNER, OTHER, None):
        queue.insert(created_by=created_by)
    with queue.db.connect("service_role") as service:
        assert len(listed(service)) == 3


def test_pending_job_is_executed_now(queue: Queue, owner: psycopg.Connection) -> None:
    job = queue.insert(created_by=OWNER, run_after="2100-01-01")
    other = queue.insert(created_by=OWNER, run_after="2100-01-01")
    assert queue.claim() == []
    notices: list[str] = []
    owner.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    assert owner.execute("select status from public.execute_import_job(%s)", [job]).fetchone() == ("pending",)
    assert [text[:42] for text in notices] == ["import-jobs could not ring the processor ("]
    assert [claim.id for claim in queue.claim(2)] == [job]
    assert queue.row(other, "run_after").year == 2100


def test_job_that_is_due_keeps_its_time_and_rings_nobody(queue: Queue, owner: psycopg.Connection) -> None:
    job = queue.insert(created_by=OWNER)
    before = queue.row(job, "run_after")
    notices: list[object] = []
    owner.add_notice_handler(notices.append)
    owner.execute("select public.execute_import_job(%s)", [job])
    assert (queue.row(job, "run_after"), notices) == (before, [])


def test_backoff_ends(queue: Queue, owner: psycopg.Connection) -> None:
    claim = queue.running(created_by=OWNER)
    queue.fail(claim, transient=True)
    queue.admin.execute("update public.import_jobs set run_after = '2100-01-01' where id = %s", [claim.id])
    owner.execute("select public.execute_import_job(%s)", [claim.id])
    assert [again.id for again in queue.claim()] == [claim.id]


@pytest.mark.parametrize("status", ["running", "completed", "failed", "cancelled"])
def test_job_that_is_not_pending_cannot_be_executed(queue: Queue, owner: psycopg.Connection, status: str) -> None:
    job = queue.job_that_is(status, created_by=OWNER)
    with raises("IJ101"):
        owner.execute("select public.execute_import_job(%s)", [job])
    assert queue.row(job, "status") == status


def test_foreign_job_cannot_be_executed(queue: Queue, owner: psycopg.Connection) -> None:
    for job in (queue.insert(created_by=OTHER, run_after="2100-01-01"), uuid4()):
        with raises("IJ108"):
            owner.execute("select public.execute_import_job(%s)", [job])


def test_plain_update_does_not_change_the_time(queue: Queue, owner: psycopg.Connection) -> None:
    job = queue.insert(created_by=OWNER, run_after="2100-01-01")
    owner.execute("update public.import_jobs set status = 'pending' where id = %s", [job])
    assert queue.row(job, "run_after").year == 2100
    with raises("42501"):
        owner.execute("update public.import_jobs set run_after = now() where id = %s", [job])


def test_statistics_of_no_jobs_are_zeros(owner: psycopg.Connection) -> None:
    assert owner.execute(FIGURES.format("")).fetchone() == (0, 0, 0, 0, 0, 0, None, 0, 0, 0)


def test_statistics_count_jobs_and_rows(queue: Queue, owner: psycopg.Connection) -> None:
    queue.job_that_is("completed", created_by=OTHER)
    queue.job_that_is("completed", created_by=OWNER, options=Jsonb({"dry_run": True}))
    for status in ("completed", "completed", "completed", "failed", "cancelled", "running", "pending"):
        queue.job_that_is(status, created_by=OWNER, target=status)
    queue.insert(created_by=OWNER, created_at="2020-01-01")
    row = owner.execute(FIGURES.format("")).fetchone()
    assert [float(value) for value in row] == [7, 1, 1, 3, 1, 1, 0.75, 3, 3, 0]
    row = owner.execute(FIGURES.format("only_target => 'completed'")).fetchone()
    assert [float(value) for value in row] == [3, 0, 0, 3, 0, 0, 1, 3, 3, 0]
    assert owner.execute(FIGURES.format("since => '2019-01-01', until => '2021-01-01'")).fetchone()[:2] == (1, 1)


def test_statistics_by_target_and_day_add_up(queue: Queue, owner: psycopg.Connection) -> None:
    for day, target in ((1, "a"), (1, "b"), (2, "a")):
        queue.insert(created_by=OWNER, target=target, created_at=f"2026-01-0{day} 23:30Z")
    query = "select day::text, target, jobs from public.import_job_statistics('2026-01-01', '2026-02-01')"
    assert owner.execute(query).fetchall() == [
        (None, None, 3),
        (None, "a", 2),
        (None, "b", 1),
        ("2026-01-01", None, 2),
        ("2026-01-01", "a", 1),
        ("2026-01-01", "b", 1),
        ("2026-01-02", None, 1),
        ("2026-01-02", "a", 1),
    ]


def test_median_is_of_completed_jobs(queue: Queue, owner: psycopg.Connection) -> None:
    for seconds in (1, 2, 30):
        job = queue.job_that_is("completed", created_by=OWNER)
        queue.admin.execute(
            "update public.import_jobs set started_at = finished_at - make_interval(secs => %s) where id = %s",
            [seconds, job],
        )
    query = "select median_seconds from public.import_job_statistics() where day is null and target is null"
    assert float(owner.execute(query).fetchone()[0]) == 2


@pytest.mark.parametrize(
    "call", ["list_import_jobs()", "execute_import_job(gen_random_uuid())", "import_job_statistics()"]
)
def test_anon_may_call_none_of_them(queue: Queue, call: str) -> None:
    with queue.db.connect("anon") as conn, raises("42501"):
        conn.execute(f"select * from public.{call}")
