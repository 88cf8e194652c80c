"""Clients that are slow, numerous or do not speak HTTP: all are disconnected, and rings get through meanwhile."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from processor.http.limits import ServerLimits
from tests.conftest import Cluster, Database
from tests.integration.http_harness import DEADLINE, PATH, RIGHT, Connection, Server, limited
from tests.waiting import until

POST = f"POST {PATH} HTTP/1.1"
CONNECTIONS = 8
SURPLUS = 128 * 1024


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The limits are below a second or little more. No test asserts how long anything takes."""
    log: Path = tmp_path_factory.mktemp("http") / "processor.log"
    limits = {
        "head_seconds": 0.4,
        "body_seconds": 0.4,
        "idle_seconds": 1,
        "surplus_bytes": SURPLUS,
        "connections": CONNECTIONS,
    }
    with contextmanager(cluster.clone)("closed") as db, limited(db, log, **limits) as one:
        # The worker checks the schema first, which may take longer than the first test.
        until(lambda: one.request("GET /ready HTTP/1.1").status == 200, one.logged)
        yield one


@pytest.fixture(scope="module")
def patient(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with few connections that gives clients as much time as the tests may take."""
    log: Path = tmp_path_factory.mktemp("patient") / "processor.log"
    limits = {"head_seconds": DEADLINE, "body_seconds": DEADLINE, "idle_seconds": 1, "connections": CONNECTIONS}
    with contextmanager(cluster.clone)("closed") as db, limited(db, log, **limits) as one:
        yield one


@pytest.fixture(autouse=True)
def _still_rings(server: Server) -> Iterator[None]:
    """Check after each test that the processor still responds and has logged no error."""
    yield
    assert server.ring(b"{}").status == 202
    assert server.request("GET /ready HTTP/1.1").status == 200
    assert '"level": "error"' not in server.logged()


def trickle(connection: Connection, data: bytes) -> None:
    """Send the same bytes every 20 ms until the server responds or disconnects."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        readable, _, _ = select.select([connection.file], [], [], 0.02)
        if readable:
            return
        connection.send_raw(data)
    raise AssertionError("the server did not limit the request")


def pour(connection: Connection, size: int) -> None:
    """Send `size` bytes as fast as possible."""
    for _ in range(0, size, 65_536):
        connection.send_raw(b" " * 65_536)


def test_default_limits_are_ten_seconds() -> None:
    limits = ServerLimits()
    assert (limits.head_seconds, limits.body_seconds, limits.idle_seconds) == (10, 10, 10)


def test_connection_without_a_request_is_closed(server: Server) -> None:
    with server.connect() as connection:
        assert connection.rest() == b""


@pytest.mark.parametrize("start", [b"P", b"POST ", b"GET /health HTTP/1.1\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n"])
def test_head_that_never_ends_gets_408(server: Server, start: bytes) -> None:
    with server.connect() as connection:
        connection.send_raw(start)
        response = connection.response()
        assert (response.status, response.json["code"]) == (408, "IJ120")
        assert response.headers["connection"] == "close"
        assert connection.rest() == b""


def test_head_that_arrives_byte_by_byte_gets_408(server: Server) -> None:
    with server.connect() as connection:
        connection.send_raw(b"GET /health HTTP/1.1\r\nX: ")
        trickle(connection, b"x")
        assert connection.response().status == 408


def test_second_head_has_the_same_limit(server: Server) -> None:
    with server.connect() as connection:
        connection.send("GET /health HTTP/1.1")
        assert connection.response().status == 200
        connection.send_raw(b"GET /health HTTP/1.1\r\nX: ")
        trickle(connection, b"x")
        assert connection.response().status == 408
        assert connection.rest() == b""


def test_idle_connection_is_closed(server: Server) -> None:
    with server.connect() as connection:
        connection.send("GET /health HTTP/1.1")
        assert connection.response().status == 200
        assert connection.rest() == b""


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_body_that_never_arrives_gets_408(server: Server, length: str) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, length)
        response = connection.response()
        assert (response.status, response.json["message"]) == (408, "the body did not arrive within 0.4 s")
        assert connection.rest() == b""


@pytest.mark.parametrize(
    ("length", "byte"), [("Content-Length: 60000", b" "), ("Transfer-Encoding: chunked", b"1\r\n \r\n")]
)
def test_body_that_arrives_byte_by_byte_gets_408(server: Server, length: str, byte: bytes) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, length)
        trickle(connection, byte)
        assert connection.response().status == 408


@pytest.mark.parametrize("line", [POST, "GET /health HTTP/1.1", "POST /nowhere HTTP/1.1"])
def test_unread_body_does_not_keep_the_connection_open(server: Server, line: str) -> None:
    with server.connect() as connection:
        connection.send(line, "Content-Length: 60000")
        assert connection.response().status in (200, 401, 404)
        trickle(connection, b" ")
        assert connection.rest() == b""


def test_endless_unread_body_is_cut_off(server: Server) -> None:
    with server.connect() as connection:
        connection.send(POST, "Content-Length: 10000000000")
        assert connection.response().status == 401
        with pytest.raises(ConnectionError):
            pour(connection, 1000 * SURPLUS)


def test_client_that_is_still_sending_gets_the_response(server: Server) -> None:
    with server.connect() as connection:
        connection.send(POST, "Content-Length: 100000", body=b" " * 50_000)
        assert connection.response().status == 401
        connection.send_raw(b" " * 50_000)
        connection.send("GET /health HTTP/1.1")
        assert connection.response().status == 200


def test_client_may_disconnect_in_the_middle(server: Server) -> None:
    for head in ((POST, RIGHT, "Content-Length: 1000"), (POST, "Content-Length: 1000"), (POST,)):
        with server.connect() as connection:
            connection.send(*head, body=b"{")


def test_ring_gets_through_when_all_connections_are_taken(server: Server) -> None:
    """The connection that waits for its client for longest is closed, whether it is new, slow or kept alive."""
    with ExitStack() as connections:
        for number in range(3 * CONNECTIONS):
            connection = connections.enter_context(server.connect())
            if number % 3:
                connection.send_raw(b"GET /health HTTP/1.1\r\n" + b"\r\n" * (number % 3 - 1))
        for _ in range(5):
            assert server.ring(b"{}").status == 202


@pytest.mark.parametrize("line", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_probes_answer_while_bodies_are_open_on_all_connections(patient: Server, line: str) -> None:
    with ExitStack() as connections:
        for _ in range(3 * CONNECTIONS):
            connections.enter_context(patient.connect()).send(POST, RIGHT, line)
        assert patient.request("GET /health HTTP/1.1").status == 200
        assert patient.request("GET /ready HTTP/1.1").status == 200
        assert patient.ring(b"{}").status == 202


def test_connections_beyond_the_limit_wait_and_are_answered(patient: Server) -> None:
    """As many rings as pg_net sends in a batch: all of them connect before the first is sent."""
    with ExitStack() as stack:
        connections = [stack.enter_context(patient.connect()) for _ in range(4 * CONNECTIONS)]
        for connection in connections:
            connection.send(POST, RIGHT, "Content-Length: 2", "Connection: close", body=b"{}")
        assert [connection.response("POST").status for connection in connections] == [202] * len(connections)


def test_256_connections_are_answered_at_once(db: Database, tmp_path: Path) -> None:
    with limited(db, tmp_path / "log") as server, ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(ServerLimits().connections)]
        assert len(connections) == 256
        for connection in reversed(connections):
            connection.send(POST, RIGHT, "Content-Length: 2", body=b"{}")
        assert [connection.response("POST").status for connection in connections] == [202] * 256


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
def test_invalid_http_gets_400(server: Server, data: bytes) -> None:
    with server.connect() as connection:
        connection.send_raw(data)
        response = connection.response()
        assert (response.status, response.json["code"]) == (400, "IJ120")
        assert connection.rest() == b""


@pytest.mark.parametrize("line", [b"x" * 1000, b"X: " + b"y" * 1000 + b"\r\n"])
def test_head_that_is_too_large_is_cut_off(server: Server, line: bytes) -> None:
    """A head of some kilobytes may be accepted when it arrives in one piece; one of megabytes is not."""
    with server.connect() as connection:
        connection.send_raw(b"GET /health?")
        if line.startswith(b"X"):
            connection.send_raw(b" HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(3000):
                connection.send_raw(line)
        # The response may be lost when the server disconnects while the client is still sending.
        assert connection.rest()[:13] in (b"HTTP/1.1 400 ", b"")


@pytest.mark.parametrize("chunk", [b"x\r\n", b"-1\r\n", b"1\r\nxy\r\n", b"f" * 30 + b"\r\n", b"1;" + b"x" * 20_000])
def test_invalid_chunks_get_400(server: Server, chunk: bytes) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, "Transfer-Encoding: chunked", body=chunk)
        assert connection.response().status == 400
        assert connection.rest() == b""


def test_invalid_chunks_after_the_response_end_the_connection(server: Server) -> None:
    for line in (POST, "GET /health HTTP/1.1"):
        with server.connect() as connection:
            connection.send(line, "Transfer-Encoding: chunked")
            assert connection.response().status in (200, 401)
            connection.send_raw(b"x\r\n")
            assert connection.rest() == b""


def test_pipelined_rings_are_answered_in_order(server: Server) -> None:
    with server.connect() as connection:
        for _ in range(3):
            connection.send(POST, RIGHT, "Content-Length: 2", body=b"{}")
            connection.send("GET /nowhere HTTP/1.1")
        assert [connection.response().status for _ in range(6)] == [202, 404] * 3
