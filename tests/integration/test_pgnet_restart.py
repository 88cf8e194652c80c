"""The stand-in and Postgres come and go; requests are lost or doubled as pg_net loses and doubles them."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from pgnet_harness import DEADLINE, Recorder, StandIn, post, response, until

WORKERS = """select pg_terminate_backend(pid) from pg_stat_activity
             where application_name like 'pg_net stand-in%' and datname = current_database()"""


@pytest.fixture
def stand_in(db):
    with StandIn(db.superuser_url) as stand_in:
        yield stand_in


@pytest.fixture
def recorder():
    with Recorder() as recorder:
        yield recorder


def connect(db) -> psycopg.Connection:
    return psycopg.connect(db.admin_url, autocommit=True)


def test_sigterm_ends_an_idle_worker_with_status_0(stand_in):
    assert stand_in.stop() == 0


def test_sigterm_in_a_batch_ends_at_once_and_the_next_worker_sends_it_again(db, recorder):
    with connect(db) as conn:
        with StandIn(db.superuser_url) as first:
            request = post(conn, recorder.url + "/gate")
            until(lambda: recorder.arrivals)
            assert first.stop() == 0
        assert not recorder.gate.is_set()
        assert conn.execute("select id from net.http_request_queue").fetchone() == (request,)
        with StandIn(db.superuser_url):
            until(lambda: recorder.paths == ["/gate", "/gate"])


def test_worker_whose_connections_are_terminated_sends_its_batch_again(db, stand_in, recorder):
    with connect(db) as conn, db.connect("supabase_admin") as superuser:
        request = post(conn, recorder.url + "/gate")
        until(lambda: recorder.arrivals)
        superuser.execute(WORKERS)
        until(lambda: recorder.paths == ["/gate", "/gate"])
        recorder.gate.set()
        assert response(conn, request)[0] == 200


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_worker_serves_again_after_a_restart_of_postgres(cluster, db, stand_in, recorder, mode):
    cluster.server.restart(mode)
    with connect(db) as conn:
        assert response(conn, post(conn, recorder.url + "/after"))[0] == 200


def test_crash_empties_both_tables_and_ids_start_at_1(cluster, db, stand_in, recorder):
    with connect(db) as conn:
        response(conn, post(conn, recorder.url + "/before"))
        post(conn, recorder.url + "/gate")
        until(lambda: len(recorder.arrivals) == 2)
        post(conn, recorder.url + "/waiting")
    cluster.server.restart("immediate")
    with connect(db) as conn:
        assert post(conn, recorder.url + "/after") == 1
        # At once, though the request that was in hand has not been answered yet.
        assert response(conn, 1)[0] == 200
        assert conn.execute("select count(*) from net._http_response").fetchone() == (1,)
    assert recorder.paths == ["/before", "/gate", "/after"]


def test_clean_restart_keeps_the_queue(cluster, db, recorder):
    with connect(db) as conn:
        post(conn, recorder.url + "/kept")
    cluster.server.restart("fast")
    with StandIn(db.superuser_url):
        until(lambda: recorder.paths == ["/kept"])


def test_worker_outlives_broken_tables(db, stand_in, recorder):
    pids = """select pid from pg_stat_activity
              where application_name = 'pg_net stand-in' and datname = current_database()"""
    with db.connect("supabase_admin") as superuser:
        before = superuser.execute(pids).fetchone()
        superuser.execute("alter table net.http_request_queue rename to broken")
        superuser.execute("select net.wake()")
        until(lambda: superuser.execute(pids).fetchone() not in {before, None})
        superuser.execute("alter table net.broken rename to http_request_queue")
        response(superuser, post(superuser, recorder.url + "/mended"))


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
    assert ended.stderr == "error: PGNET_DATABASE_URL is not set — give it the URL of the database to serve\n"
