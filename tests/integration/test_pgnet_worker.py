"""The stand-in sends when, what and as often as pg_net does."""

from __future__ import annotations

import re

import psycopg
import pytest
from pgnet_harness import Recorder, StandIn, post, response, until

from processor.local.ports import free_port


@pytest.fixture
def conn(db):
    with psycopg.connect(db.admin_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def stand_in(db):
    with StandIn(db.superuser_url) as stand_in:
        yield stand_in


@pytest.fixture
def recorder():
    with Recorder() as recorder:
        yield recorder


def test_request_arrives_with_body_headers_and_params(conn, stand_in, recorder):
    conn.execute(
        """select net.http_post(%s, '{"ids": ["ü"]}', '{"q": "1"}', '{"Authorization": "Bearer x", "X-N": 2}')""",
        [recorder.url + "/ring"],
    )
    until(lambda: recorder.arrivals)
    (arrival,) = recorder.arrivals
    assert (arrival.method, arrival.path, arrival.body) == ("POST", "/ring?q=1", '{"ids": ["ü"]}'.encode())
    assert arrival.headers == {
        "Host": recorder.url.removeprefix("http://"),
        "Accept": "*/*",
        "Authorization": "Bearer x",
        "X-N": "2",
        "Content-Type": "application/json",
        "Content-Length": "15",
        "User-Agent": "pg_net/0.20.4",
    }


def test_get_and_delete_arrive_as_such(conn, stand_in, recorder):
    conn.execute("select net.http_get(%s)", [recorder.url + "/get"])
    conn.execute("select net.http_delete(%s, body => '[1]')", [recorder.url + "/delete"])
    until(lambda: len(recorder.arrivals) == 2)
    assert [(each.method, each.path, each.body) for each in recorder.arrivals] == [
        ("GET", "/get", b""),
        ("DELETE", "/delete", b"[1]"),
    ]


def test_response_is_recorded_and_the_request_gone(conn, stand_in, recorder):
    request = post(conn, recorder.url + "/ok")
    status, content_type, headers, content, timed_out, error = response(conn, request)
    assert (status, content_type, content) == (200, "application/json", '{"ok":true}')
    assert (timed_out, error) == (False, None)
    assert headers["X-Answer"] == "yes"
    assert conn.execute("select count(*) from net.http_request_queue").fetchone() == (0,)
    collected = conn.execute("select (net._http_collect_response(%s, false)).message", [request]).fetchone()
    assert collected == ("ok",)


def test_request_leaves_at_commit_and_never_after_rollback(db, conn, stand_in, recorder):
    with psycopg.connect(db.admin_url) as client:
        post(client, recorder.url + "/rolled-back")
        client.rollback()
        post(client, recorder.url + "/committed")
        # Another one's ring goes by while the first is open: only what is committed may leave.
        response(conn, post(conn, recorder.url + "/other"))
        client.commit()
    until(lambda: len(recorder.arrivals) == 2)
    assert recorder.paths == ["/other", "/committed"]


def test_what_was_queued_before_the_start_leaves_at_the_start(db, conn, recorder):
    post(conn, recorder.url + "/early")
    with StandIn(db.superuser_url):
        until(lambda: recorder.paths == ["/early"])


def test_nothing_else_is_served_until_the_whole_batch_ended(db, conn, stand_in, recorder):
    with conn.transaction():
        slow = post(conn, recorder.url + "/gate")
        quick = post(conn, recorder.url + "/quick")
    until(lambda: len(recorder.arrivals) == 2)
    later = post(conn, recorder.url + "/later")
    # The quick one's answer is there, but in a transaction that the slow one holds open, with a snapshot.
    with db.connect("supabase_admin") as superuser:
        holding = """select backend_xid is not null and backend_xmin is not null from pg_stat_activity
                     where application_name = 'pg_net stand-in' and datname = current_database()
                       and state = 'idle in transaction'"""
        until(lambda: superuser.execute(holding).fetchone() == (True,))
    assert conn.execute("select count(*) from net._http_response").fetchone() == (0,)
    assert conn.execute("select count(*) from net.http_request_queue").fetchone() == (3,)
    recorder.gate.set()
    for request in (slow, quick, later):
        assert response(conn, request)[0] == 200
    assert [(each.path, each.gate_open) for each in recorder.arrivals if each.path == "/later"] == [("/later", True)]


def test_batch_is_the_first_200_by_id(conn, stand_in, recorder):
    conn.execute(
        "select net.http_post(%s || case n when 1 then '/gate' else '/' || n end) from generate_series(1, 201) n",
        [recorder.url],
    )
    until(lambda: len(recorder.arrivals) == 200)
    assert set(recorder.paths) == {"/gate", *(f"/{n}" for n in range(2, 201))}
    recorder.gate.set()
    until(lambda: len(recorder.arrivals) == 201)
    assert (recorder.arrivals[-1].path, recorder.arrivals[-1].gate_open) == ("/201", True)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/drop", "Server returned nothing (no headers, no data)"),
        ("/partial", "Transferred a partial file"),
    ],
)
def test_failure_is_recorded_once_and_never_sent_again(conn, stand_in, recorder, path, error):
    assert response(conn, post(conn, recorder.url + path)) == (None, None, None, None, False, error)
    response(conn, post(conn, recorder.url + "/next"))
    assert recorder.paths == [path, "/next"]


def test_server_error_is_a_response_and_never_sent_again(conn, stand_in, recorder):
    assert response(conn, post(conn, recorder.url + "/status/503"))[0] == 503
    response(conn, post(conn, recorder.url + "/next"))
    assert recorder.paths == ["/status/503", "/next"]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:{port}/", "Could not connect to server"),
        ("http://nowhere.invalid/", "Could not resolve hostname"),
        ("ftp://127.0.0.1/", "Unsupported protocol"),
    ],
)
def test_unreachable_is_recorded_in_the_words_of_libcurl(conn, stand_in, url, error):
    request = post(conn, url.format(port=free_port()))
    assert response(conn, request) == (None, None, None, None, False, error)


def test_timeout_is_recorded_in_the_words_of_pg_net(conn, stand_in, recorder):
    status, *_, timed_out, error = response(conn, post(conn, recorder.url + "/never", timeout=50))
    assert (status, timed_out) == (None, True)
    number = r"\d+\.\d{6}"
    assert re.fullmatch(
        rf"Timeout of 50 ms reached\. Total time: {number} ms \(DNS time: 0\.000000 ms, "
        rf"TCP/SSL handshake time: {number} ms, HTTP Request/Response time: {number} ms\)",
        str(error),
    )


def test_redirect_is_followed_with_custom_headers(conn, stand_in, recorder):
    row = conn.execute(
        """select net.http_post(%s, '{"a": 1}', headers => '{"X-Token": "t"}')""", [recorder.url + "/redirect"]
    ).fetchone()
    assert row is not None
    assert response(conn, row[0])[0] == 200
    assert recorder.paths == ["/redirect", "/arrived"]
    last = recorder.arrivals[-1]
    assert (last.method, last.body, last.headers["X-Token"]) == ("POST", b'{"a": 1}', "t")


def test_responses_older_than_six_hours_are_deleted(conn, stand_in, recorder):
    conn.execute(
        """insert into net._http_response (id, created)
           select -n, now() - n * interval '2 hours 59 minutes' from generate_series(1, 3) n"""
    )
    response(conn, post(conn, recorder.url + "/ok"))
    kept = "select array_agg(id order by id) from net._http_response where id < 0"
    assert until(lambda: conn.execute(kept).fetchone() == ([-2, -1],))


def test_running_worker_is_up(conn, stand_in):
    conn.execute("select net.wait_until_running(), net.check_worker_is_up()")


def test_second_worker_of_a_database_waits_for_the_first(db, conn, stand_in, recorder):
    second = StandIn(db.superuser_url)
    try:
        waiting = """select 2 = count(*) from pg_stat_activity
                     where application_name = 'pg_net stand-in' and datname = current_database()"""
        until(lambda: conn.execute(waiting).fetchone() == (True,))
        response(conn, post(conn, recorder.url + "/first"))
        assert stand_in.stop() == 0
        second.wait_ready()
        response(conn, post(conn, recorder.url + "/second"))
        assert recorder.paths == ["/first", "/second"]
    finally:
        second.stop()
