"""The stand-in delays, repeats and loses requests when net.stand_in_faults says so."""

from __future__ import annotations

import psycopg
import pytest
from pgnet_harness import Recorder, StandIn, post, response, until
from psycopg import errors


@pytest.fixture
def conn(db):
    with psycopg.connect(db.admin_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def recorder(db):
    with StandIn(db.superuser_url), Recorder() as recorder:
        yield recorder


def add_fault(conn: psycopg.Connection, kind: str, amount=None, url_like="%", remaining=None) -> None:
    conn.execute(
        "insert into net.stand_in_faults (kind, amount, url_like, remaining) values (%s, %s, %s, %s)",
        [kind, amount, url_like, remaining],
    )


def test_lost_request_is_neither_sent_nor_recorded(conn, recorder):
    add_fault(conn, "lose", remaining=1)
    lost = post(conn, recorder.url + "/lost")
    response(conn, post(conn, recorder.url + "/next"))
    assert recorder.paths == ["/next"]
    assert conn.execute("select count(*) from net._http_response where id = %s", [lost]).fetchone() == (0,)
    assert conn.execute("select count(*) from net.http_request_queue").fetchone() == (0,)


def test_remaining_counts_requests_in_their_order(conn, recorder):
    add_fault(conn, "lose", remaining=2)
    conn.execute("select net.http_post(%s || n) from generate_series(1, 4) n", [recorder.url + "/"])
    until(lambda: len(recorder.arrivals) == 2)
    assert set(recorder.paths) == {"/3", "/4"}
    assert conn.execute("select remaining from net.stand_in_faults").fetchone() == (0,)


def test_fault_is_for_urls_like_its_own_and_without_remaining_for_ever(conn, recorder):
    add_fault(conn, "lose", url_like="%/lost")
    for path in ("/lost", "/kept", "/lost", "/kept"):
        post(conn, recorder.url + path)
    until(lambda: recorder.paths == ["/kept", "/kept"])
    assert conn.execute("select remaining from net.stand_in_faults").fetchone() == (None,)


def test_repeated_request_arrives_n_times_and_has_one_response(conn, recorder):
    add_fault(conn, "repeat", amount=3, remaining=1)
    repeated = post(conn, recorder.url + "/repeated")
    response(conn, repeated)
    response(conn, post(conn, recorder.url + "/next"))
    assert recorder.paths == ["/repeated"] * 3 + ["/next"]
    assert conn.execute("select count(*) from net._http_response where id = %s", [repeated]).fetchone() == (1,)


def test_delayed_request_leaves_after_the_others_of_its_batch(conn, recorder):
    add_fault(conn, "delay", amount=0.3, url_like="%/delayed")
    with conn.transaction():
        delayed = post(conn, recorder.url + "/delayed", timeout=200)
        post(conn, recorder.url + "/quick")
    # The time-out of 200 ms does not run during the delay.
    assert response(conn, delayed)[0] == 200
    assert recorder.paths == ["/quick", "/delayed"]


def test_faults_can_be_changed_during_a_batch(conn, recorder):
    add_fault(conn, "repeat", amount=2, url_like="%/gate")
    post(conn, recorder.url + "/gate")
    until(lambda: len(recorder.arrivals) == 2)
    with conn.transaction():
        conn.execute("set local lock_timeout = '1s'")
        conn.execute("delete from net.stand_in_faults")


def test_delay_without_amount_is_refused(conn):
    with pytest.raises(errors.CheckViolation):
        add_fault(conn, "delay")


def test_clients_may_not_touch_the_faults(db):
    with db.connect("authenticated") as client, pytest.raises(errors.InsufficientPrivilege):
        client.execute("delete from net.stand_in_faults")
