"""importer.trigger_import_job_processing: one ring for each statement, and no error that fails an insert."""

import psycopg
import pytest

from tests.conftest import Database

INSERT = "insert into public.import_jobs (object_path, target) values ('service/a/people.csv', 'people')"


def queue(conn: psycopg.Connection) -> list[tuple]:
    return conn.execute("select url, headers, convert_from(body, 'utf8')::jsonb from net.http_request_queue").fetchall()


@pytest.fixture
def configured(db: Database) -> Database:
    with db.connect() as conn:
        conn.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
    return db


def test_one_statement_rings_once_for_any_number_of_rows(configured: Database) -> None:
    with configured.connect() as conn, conn.transaction(force_rollback=True):
        conn.execute(
            "insert into public.import_jobs (object_path, target) "
            "select 'a/' || n, 'people' from generate_series(1, 50) n"
        )
        with configured.connect("supabase_admin") as admin:
            assert queue(admin) == []
        (ring,) = queue(conn)
    assert ring[0] == "http://127.0.0.1:9/process-import-jobs"
    assert ring[1]["Authorization"] == "Bearer ring-token"
    assert len(ring[2]["job_ids"]) == 50


def test_ring_names_job_ids_and_nothing_else(configured: Database) -> None:
    with configured.connect() as conn, conn.transaction(force_rollback=True):
        conn.execute(INSERT)
        (ring,) = queue(conn)
        ids = conn.execute("select array_agg(id::text) from public.import_jobs").fetchone()
    assert ring[2] == {"job_ids": ids[0]}


def test_job_that_is_not_due_does_not_ring(configured: Database) -> None:
    with configured.connect() as conn, conn.transaction(force_rollback=True):
        conn.execute(
            "insert into public.import_jobs (object_path, target, run_after) values ('a', 'people', now() + '1 h')"
        )
        assert queue(conn) == []


@pytest.mark.parametrize(
    "breakage",
    [
        "alter table net.http_request_queue rename to gone",
        "drop function net.http_post cascade",
        "drop schema net cascade",
        "delete from importer.settings",
    ],
)
def test_insert_commits_if_the_ring_fails(configured: Database, breakage: str) -> None:
    with configured.connect("supabase_admin") as admin:
        if "drop" in breakage:
            admin.execute("drop extension if exists pg_net cascade")
            if "schema" in breakage and not admin.execute("select to_regnamespace('net')").fetchone()[0]:
                breakage = "select 1"
        admin.execute(breakage)
    warnings: list[str] = []
    with configured.connect() as conn:
        conn.add_notice_handler(lambda notice: warnings.append(notice.message_primary or ""))
        conn.execute(INSERT)
        assert conn.execute("select status from public.import_jobs").fetchone() == ("pending",)
    assert any("could not ring the processor" in warning for warning in warnings)


def test_insert_does_not_wait_for_locked_pg_net(configured: Database) -> None:
    with configured.connect("supabase_admin") as locker, locker.transaction():
        locker.execute("lock table net.http_request_queue in access exclusive mode")
        with configured.connect() as conn:
            conn.execute("set statement_timeout = '5s'")
            conn.execute(INSERT)
            assert conn.execute("select count(*) from public.import_jobs").fetchone() == (1,)


def test_retry_by_update_rings(configured: Database) -> None:
    with configured.connect() as conn, conn.transaction(force_rollback=True):
        conn.execute(INSERT)
        conn.execute("update public.import_jobs set status = 'cancelled'")
        conn.execute("select importer.report_processor('worker', 1)")  # the ring of the insert was taken
        conn.execute("update public.import_jobs set status = 'pending'")
        assert len(queue(conn)) == 2
