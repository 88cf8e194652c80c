"""Generated requests to every path: no 5xx, no secret or internal name in a response, and no traceback in the log.

Set IMPORT_JOBS_NIGHTLY=1 for 2,000 requests of each kind instead of 200.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from tests.conftest import Cluster
from tests.integration.http_harness import ID, KEY, PATH, TOKEN, Response, Server, limited

EXAMPLES = settings(
    max_examples=2_000 if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else 200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
RESPONSE_HEADERS = {"date", "content-type", "content-length", "allow", "connection"}
# All statuses that a processor may return while its database is available.
STATUSES = {200, 202, 400, 401, 404, 405, 408, 413}

tokens = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)
standard_methods = ["POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
# The methods and paths that exist are drawn more often, since most random ones end with 404 or 405.
methods = st.sampled_from(["POST"] * 6 + ["GET"] * 4 + standard_methods) | tokens
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)
targets = st.sampled_from(
    [PATH, "/health", "/ready"] * 4
    + ["*", "/", "http://x/health", f"{PATH}?a=b", f"{PATH}/", "/%2e%2e/", "/process%2Dimport-jobs"]
) | st.builds("{}{}".format, st.sampled_from([PATH, "/health", "/ready", "/"]), visible)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
authorizations = st.sampled_from([f"Bearer {TOKEN}"] * 3 + ["", "Bearer", "Basic eDp5", f"bearer  {TOKEN}"]) | values
others = (
    st.tuples(
        st.just("Content-Type"), st.sampled_from(["application/json", "text/csv", "multipart/form-data"]) | values
    )
    | st.tuples(st.just("Connection"), st.sampled_from(["close", "keep-alive", "Upgrade", "x"]))
    | st.tuples(st.just("Upgrade"), st.sampled_from(["websocket", "h2c"]))
    | st.tuples(st.just("Expect"), st.sampled_from(["100-continue", "x"]))
    | st.tuples(st.just("Content-Encoding"), st.sampled_from(["gzip", "identity"]))
    | st.tuples(st.sampled_from(["Range", "Cookie", "X-HTTP-Method-Override", "X-Forwarded-Proto", "Origin"]), values)
    | st.tuples(tokens, values)
)
headers = st.lists(st.tuples(st.just("Authorization"), authorizations) | others, max_size=6)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.uuids().map(str) | st.just(ID)
)
values_of_json = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.just("job_ids"), inner, max_size=3)
    ),
    max_leaves=12,
)
bodies = (
    st.binary(max_size=200)
    | values_of_json.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | st.lists(scalars, max_size=5).map(lambda ids: json.dumps({"job_ids": ids}).encode("utf-8", "surrogatepass"))
    | st.integers(0, 2**17).map(lambda size: b"[" * size)
)


@dataclass(frozen=True, slots=True)
class Framing:
    """How the length of a body is announced; `length` is added to the actual one."""

    chunked: bool
    length: int

    def headers(self, body: bytes) -> list[str]:
        if self.chunked:
            return ["Transfer-Encoding: chunked"]
        return [f"Content-Length: {max(0, len(body) + self.length)}"]

    def framed(self, body: bytes) -> bytes:
        return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if self.chunked and body else body


framings = st.builds(Framing, st.booleans(), st.just(0) | st.just(0) | st.integers(-5, 5) | st.just(10**12))


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The limits are short, since the server waits for a request that announces more than it sends."""
    log: Path = tmp_path_factory.mktemp("http") / "processor.log"
    limits = {"head_seconds": 1, "body_seconds": 0.2, "idle_seconds": 1}
    with contextmanager(cluster.clone)("closed") as db, limited(db, log, **limits) as one:
        yield one


def check(server: Server, response: Response) -> None:
    """Check what holds for every response, and that the processor is still running."""
    event(f"status {response.status}")
    assert response.status in STATUSES
    assert response.headers.keys() <= RESPONSE_HEADERS
    received = response.body + json.dumps(response.headers).encode()
    for word in (TOKEN, KEY, "Traceback", "uvicorn", "starlette", ".py", "postgres"):
        assert word.encode() not in received
    if response.body:
        assert response.json.keys() in ({"status"}, {"code", "message", "hint"})
    assert server.process.poll() is None


def send(server: Server, line: str, fields: list[tuple[str, str]], framing: Framing, body: bytes) -> None:
    """Send a request and check the response, which may be lost when the server disconnects while it is being sent."""
    lines = [line, *(f"{name}: {value}" for name, value in fields), *framing.headers(body)]
    with server.connect() as connection:
        try:
            connection.send(*lines, body=framing.framed(body))
            response = connection.response(to=line.partition(" ")[0])
        except ConnectionError:
            event("disconnected")
            assert server.process.poll() is None
        else:
            check(server, response)


@EXAMPLES
@given(method=methods, target=targets, fields=headers, framing=framings, body=bodies)
def test_no_request_causes_a_server_error(
    server: Server, method: str, target: str, fields: list[tuple[str, str]], framing: Framing, body: bytes
) -> None:
    send(server, f"{method} {target} HTTP/1.1", fields, framing, body)


@EXAMPLES
@given(fields=st.lists(others, max_size=2), framing=framings, body=bodies)
@example([], Framing(False, 0), b'{"job_ids": ["\\ud800"]}')
@example([], Framing(False, 0), b"1" * 5000)
@example([], Framing(True, 0), b"[" * 70_000)
def test_no_ring_causes_a_server_error(
    server: Server, fields: list[tuple[str, str]], framing: Framing, body: bytes
) -> None:
    send(server, f"POST {PATH} HTTP/1.1", [("Authorization", f"Bearer {TOKEN}"), *fields], framing, body)


@EXAMPLES
@given(data=st.binary(min_size=1, max_size=300), start=st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"POST /health "]))
def test_no_bytes_cause_a_server_error(server: Server, data: bytes, start: bytes) -> None:
    with server.connect() as connection:
        connection.send_raw(start + data + b"\r\n\r\n")
        received = connection.rest()
    assert received == b"" or int(received[9:12]) in STATUSES
    assert server.process.poll() is None


def test_ring_is_still_accepted_and_no_error_was_logged(server: Server) -> None:
    assert server.ring(b'{"job_ids": ["%s"]}' % ID.encode()).status == 202
    lines = [json.loads(line) for line in server.logged().splitlines()]
    at_start = ("storage_not_ready", "installation_problem")
    assert {line["level"] for line in lines if line["action"] not in at_start} == {"info"}
