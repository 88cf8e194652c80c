"""The stand-in sends requests at the same moments, with the same content and as often as pg_net."""

from __future__ import annotations

import re

import psycopg
import pytest

from processor.local.ports import free_port
from tests.integration.pgnet_harness import post, response
from tests.waiting import until


def test_request_arrives_with_body_headers_and_params(pgnet, recorder):
    pgnet.execute(
        """select net.http_post(%s, '{"ids": ["ü"]}', '{"q": "1"}', '{"Authorization": "Bearer x", "X-N": 2}')""",
        [recorder.url + "/ring"],
    )
    until(lambda: recorder.requests)
    (request,) = recorder.requests
    assert (request.method, request.path, request.body) == ("POST", "/ring?q=1", '{"ids": ["ü"]}'.encode())
    assert request.headers == {
        "Host": recorder.url.removeprefix("http://"),
        "Accept": "*/*",
        "Authorization": "Bearer x",
        "X-N": "2",
        "Content-Type": "application/json",
        "Content-Length": "15",
        "User-Agent": "pg_net/0.20.4",
    }


def test_get_and_delete_arrive_as_such(pgnet, recorder):
    pgnet.execute("select net.http_get(%s)", [recorder.url + "/get"])
    pgnet.execute("select net.http_delete(%s, body => '[1]')", [recorder.url + "/delete"])
    until(lambda: len(recorder.requests) == 2)
    assert [(request.method, request.path, request.body) for request in recorder.requests] == [
        ("GET", "/get", b""),
        ("DELETE", "/delete", b"[1]"),
    ]


def test_response_is_recorded_and_the_request_gone(pgnet, recorder):
    request = post(pgnet, recorder.url + "/ok")
    status, content_type, headers, content, timed_out, error = response(pgnet, request)
    assert (status, content_type, content) == (200, "application/json", '{"ok":true}')
    assert (timed_out, error) == (False, None)
    assert headers["X-Answer"] == "yes"
    assert pgnet.execute("select count(*) from net.http_request_queue").fetchone() == (0,)
    collected = pgnet.execute("select (net._http_collect_response(%s, false)).message", [request]).fetchone()
    assert collected == ("ok",)


def test_request_leaves_at_commit_and_never_after_rollback(floor_module_db, pgnet, recorder):
    with psycopg.connect(floor_module_db.admin_url) as client:
        post(client, recorder.url + "/rolled-back")
        client.rollback()
        post(client, recorder.url + "/committed")
        # Another session's request wakes the worker while the first transaction is open.
        response(pgnet, post(pgnet, recorder.url + "/other"))
        client.commit()
    until(lambda: len(recorder.requests) == 2)
    assert recorder.paths == ["/other", "/committed"]


def test_nothing_else_is_served_until_the_whole_batch_ended(floor_module_db, pgnet, recorder):
    with pgnet.transaction():
        slow = post(pgnet, recorder.url + "/gate")
        quick = post(pgnet, recorder.url + "/quick")
    until(lambda: len(recorder.requests) == 2)
    later = post(pgnet, recorder.url + "/later")
    # The response of the quick request is in a transaction that waits for the slow one and holds a snapshot.
    with floor_module_db.connect("supabase_admin") as superuser:
        holding = """select backend_xid is not null and backend_xmin is not null from pg_stat_activity
                     where application_name = 'pg_net stand-in' and datname = current_database()
                       and state = 'idle in transaction'"""
        until(lambda: superuser.execute(holding).fetchone() == (True,))
    assert pgnet.execute("select count(*) from net._http_response").fetchone() == (0,)
    assert pgnet.execute("select count(*) from net.http_request_queue").fetchone() == (3,)
    recorder.gate.set()
    for request_id in (slow, quick, later):
        assert response(pgnet, request_id)[0] == 200
    assert [request.gate_open for request in recorder.requests if request.path == "/later"] == [True]


def test_batch_is_the_first_200_by_id(pgnet, recorder):
    pgnet.execute(
        "select net.http_post(%s || case n when 1 then '/gate' else '/' || n end) from generate_series(1, 201) n",
        [recorder.url],
    )
    until(lambda: len(recorder.requests) == 200)
    assert set(recorder.paths) == {"/gate", *(f"/{n}" for n in range(2, 201))}
    recorder.gate.set()
    until(lambda: len(recorder.requests) == 201)
    assert (recorder.requests[-1].path, recorder.requests[-1].gate_open) == ("/201", True)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/drop", "Server returned nothing (no headers, no data)"),
        ("/partial", "Transferred a partial file"),
    ],
)
def test_failure_is_recorded_once_and_never_sent_again(pgnet, recorder, path, error):
    assert response(pgnet, post(pgnet, recorder.url + path)) == (None, None, None, None, False, error)
    response(pgnet, post(pgnet, recorder.url + "/next"))
    assert recorder.paths == [path, "/next"]


def test_server_error_is_a_response_and_never_sent_again(pgnet, recorder):
    assert response(pgnet, post(pgnet, recorder.url + "/status/503"))[0] == 503
    response(pgnet, post(pgnet, recorder.url + "/next"))
    assert recorder.paths == ["/status/503", "/next"]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:{port}/", "Could not connect to server"),
        ("http://nowhere.invalid/", "Could not resolve hostname"),
        ("ftp://127.0.0.1/", "Unsupported protocol"),
    ],
)
def test_unreachable_host_is_recorded_with_the_message_of_libcurl(pgnet, url, error):
    request = post(pgnet, url.format(port=free_port()))
    assert response(pgnet, request) == (None, None, None, None, False, error)


def test_timeout_is_recorded_with_the_message_of_pg_net(pgnet, recorder):
    status, *_, timed_out, error = response(pgnet, post(pgnet, recorder.url + "/never", timeout=50))
    assert (status, timed_out) == (None, True)
    number = r"\d+\.\d{6}"
    assert re.fullmatch(
        rf"Timeout of 50 ms reached\. Total time: {number} ms \(DNS time: 0\.000000 ms, "
        rf"TCP/SSL handshake time: {number} ms, HTTP Request/Response time: {number} ms\)",
        str(error),
    )


def test_redirect_is_followed_with_custom_headers(pgnet, recorder):
    row = pgnet.execute(
        """select net.http_post(%s, '{"a": 1}', headers => '{"X-Token": "t"}')""", [recorder.url + "/redirect"]
    ).fetchone()
    assert row is not None
    assert response(pgnet, row[0])[0] == 200
    assert recorder.paths == ["/redirect", "/arrived"]
    last = recorder.requests[-1]
    assert (last.method, last.body, last.headers["X-Token"]) == ("POST", b'{"a": 1}', "t")


def test_responses_older_than_six_hours_are_deleted(pgnet, recorder):
    pgnet.execute(
        """insert into net._http_response (id, created)
           select -n, now() - n * interval '2 hours 59 minutes' from generate_series(1, 3) n"""
    )
    response(pgnet, post(pgnet, recorder.url + "/ok"))
    kept = "select array_agg(id order by id) from net._http_response where id < 0"
    assert until(lambda: pgnet.execute(kept).fetchone() == ([-2, -1],))


def test_running_worker_is_up(pgnet):
    pgnet.execute("select net.wait_until_running(), net.check_worker_is_up()")
