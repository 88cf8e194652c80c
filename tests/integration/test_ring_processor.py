"""importer.ring_processor: NOTIFY at each commit, and pg_net while no ring is unanswered; silent processors get 2 s."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import Database

INSERT = "insert into public.import_jobs (object_path, target) values ('service/a/people.csv', 'people')"
LONG, SHORT = 300_000, 2_000


@pytest.fixture
def admin(db: Database) -> Iterator[psycopg.Connection]:
    """The administrator of a database whose doorbell is configured."""
    with db.connect() as conn:
        conn.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
        yield conn


def rings(conn: psycopg.Connection) -> list[tuple[str | None, int]]:
    """Return the number and the time-out of each ring in the queue of pg_net."""
    query = "select headers ->> 'Import-Jobs-Ring', timeout_milliseconds from net.http_request_queue order by id"
    return conn.execute(query).fetchall()


def report(conn: psycopg.Connection, ring: int | None = None) -> None:
    conn.execute("select importer.report_processor('worker', %s)", [ring])


def set_setting(conn: psycopg.Connection, name: str, value: str) -> None:
    conn.execute("insert into importer.settings (name, value) values (%s, %s)", [name, value])


def notifications(conn: psycopg.Connection) -> int:
    return len(list(conn.notifies(timeout=0.2)))


def test_ring_has_a_number_and_waits_300_s(admin: psycopg.Connection) -> None:
    admin.execute(INSERT)
    assert rings(admin) == [("1", LONG)]


def test_no_further_ring_while_one_is_unanswered(admin: psycopg.Connection) -> None:
    for _ in range(5):
        admin.execute(INSERT)
    assert len(rings(admin)) == 1


def test_next_ring_after_the_processor_has_taken_one(admin: psycopg.Connection) -> None:
    admin.execute(INSERT)
    report(admin, 1)
    admin.execute(INSERT)
    admin.execute(INSERT)
    assert rings(admin) == [("1", LONG), ("2", LONG)]


def test_processor_that_reports_without_a_ring_has_not_answered(admin: psycopg.Connection) -> None:
    admin.execute(INSERT)
    report(admin)
    admin.execute(INSERT)
    assert len(rings(admin)) == 1


def test_ring_whose_time_out_is_over_counts_as_lost(admin: psycopg.Connection) -> None:
    admin.execute(INSERT)
    admin.execute("update importer.rings set sent_at = sent_at - interval '301 s'")
    admin.execute(INSERT)
    assert len(rings(admin)) == 2


def test_number_that_no_ring_has_silences_nothing(admin: psycopg.Connection) -> None:
    """Whoever has the token of the doorbell can send any number."""
    report(admin, 10**17)
    admin.execute(INSERT)
    admin.execute(INSERT)
    assert len(rings(admin)) == 1
    report(admin, 1)
    admin.execute(INSERT)
    assert len(rings(admin)) == 2


def test_crash_that_loses_the_rings_loses_the_note_of_them(admin: psycopg.Connection) -> None:
    kinds = "select relpersistence from pg_class where oid = any (%s::regclass[])"
    unlogged = admin.execute(kinds, [["importer.rings", "net.http_request_queue"]]).fetchall()
    assert unlogged == [("u",), ("u",)]
    assert admin.execute(kinds, [["importer.ring_numbers"]]).fetchall() == [("p",)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", 1000), ("1000", 1000), ("5000", 5000), ("300000", LONG), ("999999", LONG), ("many", LONG)],
)
def test_time_out_is_bounded(admin: psycopg.Connection, value: str, expected: int) -> None:
    set_setting(admin, "ring_timeout_milliseconds", value)
    admin.execute(INSERT)
    assert rings(admin) == [("1", expected)]


# As if no notification had been sent in the last 20 ms.
NOT_YET = "select setval('importer.last_notification', 1)"
SILENT = "update importer.processors set seen_at = seen_at - interval '16 s'"
UNANSWERED = "update importer.rings set sent_at = sent_at - interval '301 s'"


def test_ring_to_a_silent_processor_waits_2_s(admin: psycopg.Connection) -> None:
    report(admin)
    admin.execute(SILENT)
    admin.execute(INSERT)
    assert rings(admin) == [("1", SHORT)]


def test_ring_to_a_processor_that_reports_but_does_not_answer_waits_2_s(admin: psycopg.Connection) -> None:
    """Several processors share a database, and the one that is rung hangs."""
    report(admin)
    admin.execute(INSERT)
    admin.execute(UNANSWERED)
    report(admin)
    admin.execute(INSERT)
    assert rings(admin) == [("1", LONG), ("2", SHORT)]


def test_ring_to_a_processor_that_answers_again_waits_300_s(admin: psycopg.Connection) -> None:
    report(admin)
    admin.execute(INSERT)
    admin.execute(UNANSWERED)
    admin.execute(INSERT)
    report(admin, 2)
    admin.execute(INSERT)
    assert rings(admin) == [("1", LONG), ("2", SHORT), ("3", LONG)]


def test_short_time_out_is_bounded_by_the_setting(admin: psycopg.Connection) -> None:
    set_setting(admin, "ring_timeout_milliseconds", "1500")
    report(admin)
    admin.execute(SILENT)
    admin.execute(INSERT)
    assert rings(admin) == [("1", 1500)]


@pytest.mark.parametrize("value", ["true", "on", "YES", "1"])
def test_processor_that_sleeps_gets_its_time(admin: psycopg.Connection, value: str) -> None:
    set_setting(admin, "processor_sleeps", value)
    report(admin)
    admin.execute(SILENT)
    admin.execute(INSERT)
    assert rings(admin) == [("1", LONG)]


@pytest.mark.parametrize("value", ["false", "off", ""])
def test_processor_that_does_not_sleep_does_not(admin: psycopg.Connection, value: str) -> None:
    set_setting(admin, "processor_sleeps", value)
    report(admin)
    admin.execute(SILENT)
    admin.execute(INSERT)
    assert rings(admin) == [("1", SHORT)]


@pytest.mark.parametrize("table", ["importer.rings", "importer.processors"])
def test_ring_is_sent_if_the_note_is_locked(db: Database, admin: psycopg.Connection, table: str) -> None:
    admin.execute(INSERT)
    with db.connect() as locker, locker.transaction():
        locker.execute(f"lock table {table} in access exclusive mode")
        admin.execute("set statement_timeout = '5s'")
        admin.execute(INSERT)
        assert admin.execute("select count(*) from net.http_request_queue").fetchone() == (2,)


def test_transaction_that_stays_open_delays_no_insert(db: Database, admin: psycopg.Connection) -> None:
    with db.connect() as keeper, keeper.transaction():
        keeper.execute(INSERT)
        errors: list[BaseException] = []

        def insert() -> None:
            try:
                with db.connect() as client:
                    client.execute("set statement_timeout = '5s'")
                    for _ in range(10):
                        client.execute(INSERT)
            except BaseException as exc:  # noqa: BLE001 - reported by the test
                errors.append(exc)

        threads = [threading.Thread(target=insert) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert admin.execute("select count(*) from public.import_jobs").fetchone() == (100,)
        assert 1 <= len(rings(admin)) <= 10
    assert admin.execute("select count(*) from public.import_jobs").fetchone() == (101,)


def test_old_rings_and_processors_are_forgotten(admin: psycopg.Connection) -> None:
    admin.execute(INSERT)
    admin.execute("select importer.report_processor('old')")
    admin.execute("update importer.processors set seen_at = now() - interval '2 h'")
    report(admin)
    admin.execute("update importer.rings set sent_at = now() - interval '2 h'")
    admin.execute("select importer.sweep_import_jobs()")
    assert admin.execute("select array_agg(worker) from importer.processors").fetchone() == (["worker"],)
    assert admin.execute("select count(*) from importer.rings where number = 1").fetchone() == (0,)
    admin.execute("update importer.processors set seen_at = now() - interval '2 h'")
    admin.execute("select importer.sweep_import_jobs()")
    assert admin.execute("select array_agg(worker) from importer.processors").fetchone() == (["worker"],)


def test_statement_notifies_once_at_its_commit(db: Database, admin: psycopg.Connection) -> None:
    with db.connect("import_processor") as listener:
        listener.execute("listen import_jobs")
        with admin.transaction():
            admin.execute(INSERT)
            admin.execute(INSERT)
            assert notifications(listener) == 0
        assert notifications(listener) == 1
        with admin.transaction(force_rollback=True):
            admin.execute(INSERT)
        assert notifications(listener) == 0


def test_notification_is_sent_without_pg_net_and_while_a_ring_is_unanswered(
    db: Database, admin: psycopg.Connection
) -> None:
    admin.execute(INSERT)
    with db.connect("import_processor") as listener:
        listener.execute("listen import_jobs")
        admin.execute(NOT_YET)
        admin.execute(INSERT)
        assert notifications(listener) == 1
        with db.connect("supabase_admin") as superuser:
            superuser.execute("drop schema if exists net cascade")
        admin.execute(NOT_YET)
        admin.execute(INSERT)
        assert notifications(listener) == 1


@pytest.mark.parametrize("ahead", ["1 h", "1 s"])
def test_time_of_a_clock_that_was_set_back_does_not_count(db: Database, admin: psycopg.Connection, ahead: str) -> None:
    with db.connect("import_processor") as listener:
        listener.execute("listen import_jobs")
        admin.execute(
            "select setval('importer.last_notification', (extract(epoch from now() + %s::interval) * 1000)::bigint)",
            [ahead],
        )
        admin.execute(INSERT)
        assert notifications(listener) == 1


def test_many_inserts_notify_a_few_times(db: Database, admin: psycopg.Connection) -> None:
    """A commit with a notification waits for all others that have one."""
    with db.connect("import_processor") as listener:
        listener.execute("listen import_jobs")
        before = admin.execute("select clock_timestamp()").fetchone()[0]
        for _ in range(100):
            admin.execute(INSERT)
        seconds = (admin.execute("select clock_timestamp()").fetchone()[0] - before).total_seconds()
        assert 1 <= notifications(listener) <= 1 + seconds / 0.02


def test_job_that_is_not_due_does_not_notify(db: Database, admin: psycopg.Connection) -> None:
    with db.connect("import_processor") as listener:
        listener.execute("listen import_jobs")
        admin.execute(
            "insert into public.import_jobs (object_path, target, run_after) values ('a', 'people', now() + '1 h')"
        )
        assert notifications(listener) == 0
