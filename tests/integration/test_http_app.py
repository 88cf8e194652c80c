"""The HTTP interface: the response to each kind of request, over real sockets to a running processor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processor.errors import BadRing
from tests.conftest import Cluster
from tests.integration.http_harness import ID, PATH, RIGHT, TOKEN, Response, Server, serving

POST = f"POST {PATH} HTTP/1.1"


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log: Path = tmp_path_factory.mktemp("http") / "processor.log"
    with contextmanager(cluster.clone)("closed") as db, serving(db, log) as one:
        yield one


def check_error(response: Response, status: int) -> str:
    """Check that a response is an error with this status, the code and the hint; return its message."""
    assert response.status == status
    assert response.headers["content-type"] == "application/json"
    assert response.json.keys() == {"code", "message", "hint"}
    assert (response.json["code"], response.json["hint"]) == ("IJ120", BadRing.hint)
    return response.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n",
        b"{}",
        b'{"job_ids": []}',
        b'{"job_ids": ["%s"]}' % ID.encode(),
        b'{"job_ids": ["%s", "%s"]}' % (ID.encode(), ID.upper().encode()),
        json.dumps({"job_ids": [ID] * 1000}).encode(),
    ],
)
def test_ring_is_accepted_however_often(server: Server, body: bytes) -> None:
    for _ in range(3):
        response = server.ring(body)
        assert (response.status, response.json) == (202, {"status": "accepted"})


WRONG_TOKENS = [
    (),
    ("Authorization: Bearer wrong",),
    ("Authorization: Bearer",),
    ("Authorization: Bearer ",),
    ("Authorization:",),
    (f"Authorization: Basic {TOKEN}",),
    (f"Authorization: {TOKEN}",),
    (f"Authorization: Bearer {TOKEN}x",),
    (f"Authorization: Bearer {TOKEN[:-1]}",),
    (f"Authorization: Bearer {TOKEN.upper()}",),
    (f"Authorization: Bearer x{TOKEN}",),
    (f"Authorization: Bearer {TOKEN}, Bearer {TOKEN}",),
    (RIGHT, RIGHT),
    (RIGHT, "Authorization: Bearer wrong"),
    ("Authorization: Bearer \xe7\xe3\xff",),
    ("Authorization: Bearer " + "x" * 10_000,),
    (f"Proxy-Authorization: Bearer {TOKEN}",),
    (f"Cookie: Authorization=Bearer {TOKEN}",),
]


@pytest.mark.parametrize("headers", WRONG_TOKENS)
def test_request_without_the_token_gets_an_empty_401(server: Server, headers: tuple[str, ...]) -> None:
    """Status, headers and the empty body are the same whatever is wrong with the token, and whatever the body is."""
    for body in (b'{"job_ids": []}', b"{", b'{"status": "completed"}', b"x" * 70_000):
        response = server.request(POST, *headers, f"Content-Length: {len(body)}", body=body)
        assert (response.status, response.body) == (401, b"")
        assert response.headers.keys() == {"content-length", "date"}


@pytest.mark.parametrize("header", [RIGHT.lower().replace(TOKEN.lower(), TOKEN), RIGHT.replace("Bearer ", "BEARER  ")])
def test_scheme_is_case_insensitive(server: Server, header: str) -> None:
    assert server.request(POST, header, "Content-Length: 0").status == 202


BAD_RINGS = [
    (b"[]", "the body is not a JSON object"),
    (b"null", "the body is not a JSON object"),
    (b'"x"', "the body is not a JSON object"),
    (b"{", "the body is not JSON in UTF-8"),
    (b'{"job_ids": []} x', "the body is not JSON in UTF-8"),
    (b"job_ids=1", "the body is not JSON in UTF-8"),
    (b"[" * 60_000, "the body is not JSON in UTF-8"),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "the body is not JSON in UTF-8"),
    (b'{"job_ids": [' + b"9" * 60_000 + b"]}", "the body is not JSON in UTF-8"),
    (b'{"job_ids": ["\xff"]}', "the body is not JSON in UTF-8"),
    ('{"job_ids": []}'.encode("utf-16"), "the body is not JSON in UTF-8"),
    ('{"job_ids": []}'.encode("utf-32-be"), "the body is not JSON in UTF-8"),
    (b'\xef\xbb\xbf{"job_ids": []}', "the body is not JSON in UTF-8"),
    (b"\x1f\x8b\x08\x00", "the body is not JSON in UTF-8"),
    (b'{"job_ids": [], "status": "completed"}', "the body has an unknown field"),
    (b'{"Job_Ids": []}', "the body has an unknown field"),
    (b'{"": []}', "the body has an unknown field"),
    (b'{"job_ids": [], "job_ids": []}', "the body has a duplicate field"),
    (b'{"job_ids": [{"a": 1, "a": 2}]}', "the body has a duplicate field"),
    (b'{"job_ids": null}', "job_ids is not an array"),
    (b'{"job_ids": "%s"}' % ID.encode(), "job_ids is not an array"),
    (b'{"job_ids": {"0": "x"}}', "job_ids is not an array"),
    (b'{"job_ids": [1e400]}', "an element of job_ids is not a UUID"),
    (b'{"job_ids": [NaN, Infinity]}', "an element of job_ids is not a UUID"),
    (b'{"job_ids": [1]}', "an element of job_ids is not a UUID"),
    (b'{"job_ids": [["%s"]]}' % ID.encode(), "an element of job_ids is not a UUID"),
    (b'{"job_ids": [""]}', "an element of job_ids is not a UUID"),
    (b'{"job_ids": ["%s\\n"]}' % ID.encode(), "an element of job_ids is not a UUID"),
    (b'{"job_ids": ["{%s}"]}' % ID.encode(), "an element of job_ids is not a UUID"),
    (b'{"job_ids": ["%s"]}' % ID.replace("-", "").encode(), "an element of job_ids is not a UUID"),
    (b'{"job_ids": ["%s"]}' % ID.replace("7", "\u0667").encode(), "an element of job_ids is not a UUID"),
    (b'{"job_ids": ["\'; drop table import_jobs; --"]}', "an element of job_ids is not a UUID"),
    (json.dumps({"job_ids": [ID] * 1001}).encode(), "job_ids has more than 1,000 elements"),
    (json.dumps({"job_ids": [1] * 20_000}).encode(), "job_ids has more than 1,000 elements"),
]


@pytest.mark.parametrize(("body", "message"), BAD_RINGS, ids=range(len(BAD_RINGS)))
def test_body_that_is_not_a_ring_gets_400(server: Server, body: bytes, message: str) -> None:
    assert check_error(server.ring(body), 400) == message


def test_body_of_64_kb_is_accepted(server: Server) -> None:
    assert server.ring(b"{}".ljust(65_536)).status == 202


def test_larger_body_gets_413(server: Server) -> None:
    assert check_error(server.ring(b" " * 65_537), 413) == "the body is larger than 64 kB"


@pytest.mark.parametrize("length", ["65537", "10000000000", "9" * 20])
def test_larger_body_gets_413_before_it_is_sent(server: Server, length: str) -> None:
    check_error(server.request(POST, RIGHT, f"Content-Length: {length}"), 413)


def test_body_that_is_not_accepted_gets_no_100_continue(server: Server) -> None:
    """The response to `Expect: 100-continue` is the error itself."""
    check_error(server.request(POST, RIGHT, "Content-Length: 65537", "Expect: 100-continue"), 413)
    response = server.request(POST, "Content-Length: 10", "Expect: 100-continue")
    assert (response.status, response.body) == (401, b"")


def test_larger_body_without_a_length_gets_413_while_it_is_sent(server: Server) -> None:
    with server.connect() as connection:
        connection.send(POST, RIGHT, "Transfer-Encoding: chunked")
        for _ in range(17):  # 68 kB, and no end
            connection.send_raw(b"1000\r\n" + b" " * 4096 + b"\r\n")
        check_error(connection.response(), 413)


def test_chunked_ring_is_accepted(server: Server) -> None:
    body = b"2\r\n{}\r\n0\r\n\r\n"
    assert server.request(POST, RIGHT, "Transfer-Encoding: chunked", body=body).status == 202


@pytest.mark.parametrize(
    "path", ["/", f"{PATH}/", f"/{PATH}", f"{PATH}/x", "/health/", "/docs", "/../etc/passwd", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "X"])
def test_other_paths_get_404_without_a_redirect(server: Server, method: str, path: str) -> None:
    response = server.request(f"{method} {path} HTTP/1.1", RIGHT)
    assert check_error(response, 404) == "the path does not exist"
    assert "location" not in response.headers


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        (PATH, ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "X"], {"POST"}),
        ("/health", ["POST", "OPTIONS", "DELETE", "TRACE"], {"GET", "HEAD"}),
        ("/ready", ["POST", "OPTIONS", "DELETE", "TRACE"], {"GET", "HEAD"}),
    ],
)
def test_other_methods_get_405(server: Server, path: str, methods: list[str], allowed: set[str]) -> None:
    for method in methods:
        response = server.request(f"{method} {path} HTTP/1.1", RIGHT)
        assert check_error(response, 405) == "the path does not support this method"
        assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/ready", 200), (PATH, 405), ("/", 404)])
def test_head_is_get_without_the_body(server: Server, path: str, status: int) -> None:
    with server.connect() as connection:
        connection.send(f"HEAD {path} HTTP/1.1", "Connection: close")
        head, _, body = connection.rest().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert body == b""


@pytest.mark.parametrize(("path", "status"), [("/health", "ok"), ("/ready", "ready")])
def test_probes_return_their_status_and_nothing_else(server: Server, path: str, status: str) -> None:
    response = server.request(f"GET {path} HTTP/1.1")
    assert (response.status, response.json) == (200, {"status": status})
    assert response.headers["content-type"] == "application/json"


def test_no_response_names_the_server(server: Server) -> None:
    for line, *headers in (
        ("GET /health HTTP/1.1",),
        ("GET / HTTP/1.1",),
        (POST,),
        (POST, RIGHT, "Content-Length: 99999"),
        ("nonsense",),
    ):
        response = server.request(line, *headers)
        assert response.headers.keys() <= {"date", "content-type", "content-length", "allow", "connection"}
        assert b"uvicorn" not in response.body + str(response.headers).encode()


def test_websocket_is_not_offered(server: Server) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAA")
    assert server.request("GET /health HTTP/1.1", *upgrade).status == 200
    assert check_error(server.request(f"GET {PATH} HTTP/1.1", *upgrade), 405)


def test_cross_origin_requests_are_not_allowed(server: Server) -> None:
    preflight = ("Origin: https://elsewhere.example", "Access-Control-Request-Method: POST")
    response = server.request(f"OPTIONS {PATH} HTTP/1.1", *preflight)
    assert response.status == 405
    assert not any(name.startswith("access-control") for name in response.headers)


def test_forwarded_host_and_scheme_change_nothing(server: Server) -> None:
    headers = ("X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: elsewhere.example")
    assert server.request("GET /health HTTP/1.1", *headers).json == {"status": "ok"}


def test_bad_requests_are_not_logged(server: Server) -> None:
    """Runs last. The requests above leave no line, no traceback and no token in the log.

    There is no Storage, and the database has no URL of the processor.
    """
    lines = [json.loads(line) for line in server.logged().splitlines()]
    assert {line["action"] for line in lines} <= {"worker_started", "storage_not_ready", "installation_problem"}
