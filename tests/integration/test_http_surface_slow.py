"""Clients that are slow, many, or speak no HTTP: each ends by itself, and a ring gets through meanwhile."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from processor.http.limits import ServerLimits
from tests.conftest import Cluster
from tests.integration.http_harness import DEADLINE, PATH, RIGHT, Connection, Server, limited

POST = f"POST {PATH} HTTP/1.1"
HOUSE = 8
SURPLUS = 128 * 1024


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Limits of a fraction of a second; nothing below asserts how long anything took."""
    log: Path = tmp_path_factory.mktemp("http") / "processor.log"
    limits = {
        "head_seconds": 0.7,
        "body_seconds": 0.7,
        "idle_seconds": 1,
        "surplus_bytes": SURPLUS,
        "connections": HOUSE,
    }
    with contextmanager(cluster.clone)("closed") as db, limited(db, log, **limits) as one:
        yield one


@pytest.fixture(autouse=True)
def _rings_after_it(server: Server) -> Iterator[None]:
    """After every one of these the processor answers as before, and has logged no fault of its own."""
    yield
    assert server.ring(b"{}").status == 202
    assert server.request("GET /ready HTTP/1.1").status == 200
    assert '"level": "error"' not in server.said()


def trickle(connection: Connection, data: bytes) -> None:
    """Send a byte at a time, for ever, until the server has something to say about it or hangs up."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        readable, _, _ = select.select([connection.file], [], [], 0.02)
        if readable:
            return
        connection.send_raw(data)
    raise AssertionError("the server let it go on")


def pour(connection: Connection, size: int) -> None:
    """Send so many bytes as fast as they are taken."""
    for _ in range(0, size, 65_536):
        connection.send_raw(b" " * 65_536)


def test_everyday_limits_are_seconds() -> None:
    limits = ServerLimits()
    assert (limits.head_seconds, limits.body_seconds, limits.idle_seconds) == (10, 10, 10)


def test_connection_on_which_nothing_is_said_is_closed(server: Server) -> None:
    with server.connect() as connection:
        assert connection.rest() == b""


@pytest.mark.parametrize("begun", [b"P", b"POST ", b"GET /health HTTP/1.1\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n"])
def test_head_that_never_ends_is_refused(server: Server, begun: bytes) -> None:
    with server.connect() as connection:
        connection.send_raw(begun)
        answer = connection.answer()
        assert (answer.status, answer.json["code"]) == (408, "IJ120")
        assert answer.headers["connection"] == "close"
        assert connection.rest() == b""


def test_head_that_comes_byte_by_byte_is_refused(server: Server) -> None:
    with server.connect() as connection:
        connection.send_raw(b"GET /health HTTP/1.1\r\nX: ")
        trickle(connection, b"x")
        assert connection.answer().status == 408


def test_second_head_is_limited_like_the_first(server: Server) -> None:
    with server.connect() as connection:
        connection.send("GET /health HTTP/1.1")
        assert connection.answer().status == 200
        connection.send_raw(b"GET /health HTTP/1.1\r\nX: ")
        trickle(connection, b"x")
        assert connection.answer().status == 408
        assert connection.rest() == b""


def test_idle_connection_is_closed(server: Server) -> None:
    with server.connect() as connection:
        connection.send("GET /health HTTP/1.1")
        assert connection.answer().status == 200
        assert connection.rest() == b""


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_body_that_never_comes_is_refused(server: Server, length: str) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, length)
        answer = connection.answer()
        assert (answer.status, answer.json["message"]) == (408, "the body was not there after 0.7 s")
        assert connection.rest() == b""


@pytest.mark.parametrize(
    ("length", "byte"), [("Content-Length: 60000", b" "), ("Transfer-Encoding: chunked", b"1\r\n \r\n")]
)
def test_body_that_comes_byte_by_byte_is_refused(server: Server, length: str, byte: bytes) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, length)
        trickle(connection, byte)
        assert connection.answer().status == 408


@pytest.mark.parametrize("line", [POST, "GET /health HTTP/1.1", "POST /nowhere HTTP/1.1"])
def test_body_that_nobody_reads_does_not_hold_the_connection(server: Server, line: str) -> None:
    with server.connect() as connection:
        connection.send(line, "Content-Length: 60000")
        assert connection.answer().status in (200, 401, 404)
        trickle(connection, b" ")
        assert connection.rest() == b""


def test_endless_body_that_nobody_reads_is_cut_off(server: Server) -> None:
    with server.connect() as connection:
        connection.send(POST, "Content-Length: 10000000000")
        assert connection.answer().status == 401
        with pytest.raises(ConnectionError):
            pour(connection, 1000 * SURPLUS)


def test_answer_is_seen_by_who_still_sends(server: Server) -> None:
    with server.connect() as connection:
        connection.send(POST, "Content-Length: 100000", body=b" " * 50_000)
        assert connection.answer().status == 401
        connection.send_raw(b" " * 50_000)
        connection.send("GET /health HTTP/1.1")
        assert connection.answer().status == 200


def test_client_that_hangs_up_in_the_middle_is_forgotten(server: Server) -> None:
    for head in ((POST, RIGHT, "Content-Length: 1000"), (POST, "Content-Length: 1000"), (POST,)):
        with server.connect() as connection:
            connection.send(*head, body=b"{")


def test_full_house_does_not_keep_a_ring_out(server: Server) -> None:
    """The connection that was idle for longest has to go, be it a new one, a slow one or one that is kept alive."""
    with ExitStack() as crowd:
        for number in range(3 * HOUSE):
            connection = crowd.enter_context(server.connect())
            if number % 3:
                connection.send_raw(b"GET /health HTTP/1.1\r\n" + b"\r\n" * (number % 3 - 1))
        for _ in range(5):
            assert server.ring(b"{}").status == 202


def test_house_full_of_requests_in_hand_answers_503(server: Server) -> None:
    with ExitStack() as crowd:
        for _ in range(HOUSE):
            crowd.enter_context(server.connect()).send(POST, RIGHT, "Content-Length: 1000")
        answer = server.request("GET /health HTTP/1.1")
        # 200 when the first of them were given up while the last were let in.
        assert answer.status in (200, 503)
        assert "server" not in answer.headers


NOT_HTTP = [
    b"\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /health\r\n\r\n",
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /he alth HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
]


@pytest.mark.parametrize("data", NOT_HTTP, ids=range(len(NOT_HTTP)))
def test_what_is_not_http_is_refused(server: Server, data: bytes) -> None:
    with server.connect() as connection:
        connection.send_raw(data)
        answer = connection.answer()
        assert (answer.status, answer.json["code"]) == (400, "IJ120")
        assert connection.rest() == b""


@pytest.mark.parametrize("line", [b"x" * 1000, b"X: " + b"y" * 1000 + b"\r\n"])
def test_head_that_is_too_large_is_cut_off(server: Server, line: bytes) -> None:
    """A head of some kilobytes may get through in one piece; one of megabytes does not."""
    with server.connect() as connection:
        connection.send_raw(b"GET /health?")
        if line.startswith(b"X"):
            connection.send_raw(b" HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(3000):
                connection.send_raw(line)
        # What it says may be lost when it hangs up while the client is still sending.
        assert connection.rest()[:13] in (b"HTTP/1.1 400 ", b"")


@pytest.mark.parametrize("chunk", [b"x\r\n", b"-1\r\n", b"1\r\nxy\r\n", b"f" * 30 + b"\r\n", b"1;" + b"x" * 20_000])
def test_bad_chunks_are_refused(server: Server, chunk: bytes) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, "Transfer-Encoding: chunked", body=chunk)
        assert connection.answer().status == 400
        assert connection.rest() == b""


def test_bad_chunks_after_the_answer_end_the_connection(server: Server) -> None:
    for line in (POST, "GET /health HTTP/1.1"):
        with server.connect() as connection:
            connection.send(line, "Transfer-Encoding: chunked")
            assert connection.answer().status in (200, 401)
            connection.send_raw(b"x\r\n")
            assert connection.rest() == b""


def test_pipelined_rings_are_answered_in_order(server: Server) -> None:
    with server.connect() as connection:
        for _ in range(3):
            connection.send(POST, RIGHT, "Content-Length: 2", body=b"{}")
            connection.send("GET /nowhere HTTP/1.1")
        assert [connection.answer().status for _ in range(6)] == [202, 404] * 3
