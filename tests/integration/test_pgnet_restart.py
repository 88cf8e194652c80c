"""Restarts of the stand-in and of Postgres lose and repeat requests as with pg_net."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integration.pgnet_harness import post, response
from tests.servers import PgnetWorker
from tests.waiting import DEADLINE, until

TERMINATE_WORKERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name like 'pg_net stand-in%' and datname = current_database()
"""


@pytest.fixture
def worker(floor_db):
    with PgnetWorker(floor_db.superuser_url) as worker:
        yield worker


def test_sigterm_ends_an_idle_worker_with_status_0(worker):
    assert worker.stop() == 0


def test_sigterm_in_a_batch_ends_at_once_and_the_next_worker_sends_it_again(floor_db, recorder):
    with floor_db.connect() as conn:
        with PgnetWorker(floor_db.superuser_url) as first:
            request = post(conn, recorder.url + "/gate")
            until(lambda: recorder.requests)
            assert first.stop() == 0
        assert not recorder.gate.is_set()
        assert conn.execute("select id from net.http_request_queue").fetchone() == (request,)
        with PgnetWorker(floor_db.superuser_url):
            until(lambda: recorder.paths == ["/gate", "/gate"])


def test_worker_whose_connections_are_terminated_sends_its_batch_again(floor_db, worker, recorder):
    with floor_db.connect() as conn, floor_db.connect("supabase_admin") as superuser:
        request = post(conn, recorder.url + "/gate")
        until(lambda: recorder.requests)
        superuser.execute(TERMINATE_WORKERS)
        until(lambda: recorder.paths == ["/gate", "/gate"])
        recorder.gate.set()
        assert response(conn, request)[0] == 200


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_worker_serves_again_after_a_restart_of_postgres(cluster, floor_db, worker, recorder, mode):
    cluster.server.restart(mode)
    with floor_db.connect() as conn:
        assert response(conn, post(conn, recorder.url + "/after"))[0] == 200


def test_worker_pauses_between_batches(floor_db, recorder):
    with PgnetWorker(floor_db.superuser_url, pause=0.5), floor_db.connect() as conn:
        requests = [post(conn, recorder.url + "/first")]
        response(conn, requests[0])
        requests.append(post(conn, recorder.url + "/second"))
        response(conn, requests[1])
        # A batch's responses have the time at which the batch began.
        waited = "select max(created) - min(created) >= '0.5 s' from net._http_response where id = any (%s)"
        assert conn.execute(waited, [requests]).fetchone() == (True,)


def test_crash_empties_both_tables_and_ids_start_at_1(cluster, floor_db, worker, recorder):
    with floor_db.connect() as conn:
        response(conn, post(conn, recorder.url + "/before"))
        post(conn, recorder.url + "/gate")
        until(lambda: len(recorder.requests) == 2)
        post(conn, recorder.url + "/waiting")
    cluster.server.restart("immediate")
    with floor_db.connect() as conn:
        assert post(conn, recorder.url + "/after") == 1
        # The worker serves it at once, although the request of its last batch has no response yet.
        assert response(conn, 1)[0] == 200
        assert conn.execute("select count(*) from net._http_response").fetchone() == (1,)
    assert recorder.paths == ["/before", "/gate", "/after"]


def test_clean_restart_keeps_the_queue(cluster, floor_db, recorder):
    with floor_db.connect() as conn:
        post(conn, recorder.url + "/kept")
    cluster.server.restart("fast")
    with PgnetWorker(floor_db.superuser_url):
        until(lambda: recorder.paths == ["/kept"])


def test_worker_outlives_broken_tables(floor_db, worker, recorder):
    pids = """select pid from pg_stat_activity
              where application_name = 'pg_net stand-in' and datname = current_database()"""
    with floor_db.connect("supabase_admin") as superuser:
        before = superuser.execute(pids).fetchone()
        superuser.execute("alter table net.http_request_queue rename to broken")
        superuser.execute("select net.wake()")
        until(lambda: superuser.execute(pids).fetchone() not in {before, None})
        superuser.execute("alter table net.broken rename to http_request_queue")
        response(superuser, post(superuser, recorder.url + "/mended"))


def test_request_that_was_queued_before_the_start_is_sent_at_the_start(floor_db, recorder):
    with floor_db.connect() as conn:
        post(conn, recorder.url + "/early")
    with PgnetWorker(floor_db.superuser_url):
        until(lambda: recorder.paths == ["/early"])


def test_second_worker_of_a_database_waits_for_the_first(floor_db, worker, recorder):
    second = PgnetWorker(floor_db.superuser_url)
    waiting = """select 2 = count(*) from pg_stat_activity
                 where application_name = 'pg_net stand-in' and datname = current_database()"""
    try:
        with floor_db.connect() as conn:
            until(lambda: conn.execute(waiting).fetchone() == (True,))
            response(conn, post(conn, recorder.url + "/first"))
            assert worker.stop() == 0
            second.wait_ready()
            response(conn, post(conn, recorder.url + "/second"))
        assert recorder.paths == ["/first", "/second"]
    finally:
        second.stop()


def test_start_without_a_database_url_is_one_line_and_status_1():
    env = {name: value for name, value in os.environ.items() if name != "PGNET_DATABASE_URL"}
    ended = subprocess.run(
        [sys.executable, "-m", "processor.local.pgnet"],
        env=env,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "error: PGNET_DATABASE_URL is not set — Set it to the URL of the database to serve.\n"
