"""The stand-in delays, repeats and loses requests as net.stand_in_faults says."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tests.integration.pgnet_harness import post, response
from tests.waiting import until


def add_fault(conn: psycopg.Connection, kind: str, amount=None, url_like="%", remaining=None) -> None:
    conn.execute(
        "insert into net.stand_in_faults (kind, amount, url_like, remaining) values (%s, %s, %s, %s)",
        [kind, amount, url_like, remaining],
    )


def test_lost_request_is_neither_sent_nor_recorded(pgnet, recorder):
    add_fault(pgnet, "lose", remaining=1)
    lost = post(pgnet, recorder.url + "/lost")
    response(pgnet, post(pgnet, recorder.url + "/next"))
    assert recorder.paths == ["/next"]
    assert pgnet.execute("select count(*) from net._http_response where id = %s", [lost]).fetchone() == (0,)
    assert pgnet.execute("select count(*) from net.http_request_queue").fetchone() == (0,)


def test_remaining_counts_requests_in_their_order(pgnet, recorder):
    add_fault(pgnet, "lose", remaining=2)
    pgnet.execute("select net.http_post(%s || n) from generate_series(1, 4) n", [recorder.url + "/"])
    until(lambda: len(recorder.requests) == 2)
    assert set(recorder.paths) == {"/3", "/4"}
    assert pgnet.execute("select remaining from net.stand_in_faults").fetchone() == (0,)


def test_fault_applies_to_urls_like_its_own_and_without_remaining_forever(pgnet, recorder):
    add_fault(pgnet, "lose", url_like="%/lost")
    for path in ("/lost", "/kept", "/lost", "/kept"):
        post(pgnet, recorder.url + path)
    until(lambda: recorder.paths == ["/kept", "/kept"])
    assert pgnet.execute("select remaining from net.stand_in_faults").fetchone() == (None,)


def test_repeated_request_arrives_n_times_and_has_one_response(pgnet, recorder):
    add_fault(pgnet, "repeat", amount=3, remaining=1)
    repeated = post(pgnet, recorder.url + "/repeated")
    response(pgnet, repeated)
    response(pgnet, post(pgnet, recorder.url + "/next"))
    assert recorder.paths == ["/repeated"] * 3 + ["/next"]
    assert pgnet.execute("select count(*) from net._http_response where id = %s", [repeated]).fetchone() == (1,)


def test_delayed_request_leaves_after_the_others_of_its_batch(pgnet, recorder):
    add_fault(pgnet, "delay", amount=0.3, url_like="%/delayed")
    with pgnet.transaction():
        delayed = post(pgnet, recorder.url + "/delayed", timeout=200)
        post(pgnet, recorder.url + "/quick")
    # The time-out of 200 ms does not run during the delay.
    assert response(pgnet, delayed)[0] == 200
    assert recorder.paths == ["/quick", "/delayed"]


def test_faults_can_be_changed_during_a_batch(pgnet, recorder):
    add_fault(pgnet, "repeat", amount=2, url_like="%/gate")
    post(pgnet, recorder.url + "/gate")
    until(lambda: len(recorder.requests) == 2)
    with pgnet.transaction():
        pgnet.execute("set local lock_timeout = '1s'")
        pgnet.execute("delete from net.stand_in_faults")


def test_delay_without_amount_is_refused(pgnet):
    with pytest.raises(errors.CheckViolation):
        add_fault(pgnet, "delay")


def test_clients_may_not_touch_the_faults(floor_module_db):
    with floor_module_db.connect("authenticated") as client, pytest.raises(errors.InsufficientPrivilege):
        client.execute("delete from net.stand_in_faults")
