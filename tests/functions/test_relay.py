"""The Edge Function process-import-jobs answers at once, and rings the processor afterwards."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from processor.errors import BadRing
from tests.functions.edge_runtime import EdgeRuntime, edge_runtime
from tests.integration.http_harness import ID, TOKEN
from tests.integration.pgnet_harness import Recorder
from tests.integration.test_http_app import BAD_RINGS
from tests.servers import NO_CERTIFICATES
from tests.waiting import DEADLINE, until

NAME = "process-import-jobs"
URL = f"/functions/v1/{NAME}"
RIGHT = {"authorization": f"Bearer {TOKEN}"}
#: Bodies that JavaScript's parser reads where Python's gives up, or the other way round: refused, in other words.
READ_OTHERWISE = {
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000: "the body has an unknown field",
    b'{"job_ids": [' + b"9" * 60_000 + b"]}": "an element of job_ids is not a UUID",
    b'{"job_ids": [{"a": 1, "a": 2}]}': "an element of job_ids is not a UUID",
    b'{"job_ids": [NaN, Infinity]}': "the body is not JSON in UTF-8",
}


@pytest.fixture(scope="module")
def processor() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def relay(processor: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeRuntime]:
    log: Path = tmp_path_factory.mktemp("relay") / "relay.log"
    variables = {"IMPORT_JOBS_PROCESSOR_URL": f"{processor.url}/gate/", "IMPORT_JOBS_WAKE_TOKEN": TOKEN}
    with edge_runtime(log, NAME, **variables) as runtime:
        yield runtime


@pytest.fixture
def http(relay: EdgeRuntime, processor: Recorder) -> Iterator[httpx.Client]:
    """A client of the relay; the processor answers when the test opens its gate, and has received nothing yet."""
    processor.requests.clear()
    processor.gate.clear()
    with httpx.Client(base_url=relay.url, verify=NO_CERTIFICATES) as client:
        yield client
    processor.gate.set()


def check_refused(response: httpx.Response, status: int) -> str:
    """Check that a response is an error with this status, the code and the hint of a ring; return its message."""
    body = response.json()
    assert response.status_code == status
    assert (body.keys(), body["code"], body["hint"]) == ({"code", "message", "hint"}, BadRing.code, BadRing.hint)
    return body["message"]


def test_ring_is_answered_while_the_processor_hangs(http: httpx.Client, processor: Recorder) -> None:
    body = b'{"job_ids": ["%s"]}' % ID.encode()
    response = http.post(URL, content=body, headers={**RIGHT, "import-jobs-ring": "17"})
    assert (response.status_code, response.json()) == (202, {"status": "accepted"})
    ring = until(lambda: processor.requests and processor.requests[0], "a ring at the processor")
    headers = {name.lower(): value for name, value in ring.headers.items()}
    assert (ring.path, ring.body, ring.gate_open) == ("/gate/process-import-jobs", body, False)
    assert headers["authorization"] == RIGHT["authorization"]
    assert headers["import-jobs-ring"] == "17"


@pytest.mark.parametrize(
    "body", [b"", b" \r\n", b"{}", b'{"job_ids": []}', json.dumps({"job_ids": [ID] * 1000}).encode()]
)
def test_valid_ring_is_passed_on(http: httpx.Client, processor: Recorder, body: bytes) -> None:
    assert http.post(URL, content=body, headers=RIGHT).status_code == 202
    until(lambda: processor.requests, "a ring at the processor")
    assert [ring.body for ring in processor.requests] == [body]


@pytest.mark.parametrize("header", [f"bearer {TOKEN}", f"BEARER  {TOKEN}"])
def test_scheme_is_case_insensitive(http: httpx.Client, processor: Recorder, header: str) -> None:
    assert http.post(URL, headers={"authorization": header}).status_code == 202
    until(lambda: processor.requests, "a ring at the processor")


WRONG = [
    [],
    ["Bearer wrong"],
    ["Bearer"],
    [""],
    [f"Basic {TOKEN}"],
    [TOKEN],
    [f"Bearer {TOKEN}x"],
    [f"Bearer {TOKEN[:-1]}"],
    [f"Bearer {TOKEN.upper()}"],
    [f"Bearer {TOKEN}, Bearer {TOKEN}"],
    [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
    ["Bearer " + "x" * 10_000],
]


@pytest.mark.parametrize("values", WRONG, ids=range(len(WRONG)))
def test_wrong_token_gets_an_empty_401(http: httpx.Client, processor: Recorder, values: list[str]) -> None:
    headers = [("authorization", value) for value in values]
    for body in (b"", b"{", b"x" * 70_000):
        response = http.post(URL, content=body, headers=headers)
        assert (response.status_code, response.content) == (401, b"")
    assert processor.requests == []


@pytest.mark.parametrize(("body", "message"), BAD_RINGS, ids=range(len(BAD_RINGS)))
def test_bad_ring_is_refused_as_by_the_processor(
    http: httpx.Client, processor: Recorder, body: bytes, message: str
) -> None:
    response = http.post(URL, content=body, headers=RIGHT)
    assert check_refused(response, 400) == READ_OTHERWISE.get(body, message)
    assert processor.requests == []


def test_body_of_64_kb_is_accepted(http: httpx.Client, processor: Recorder) -> None:
    assert http.post(URL, content=b"{}".ljust(65_536), headers=RIGHT).status_code == 202
    until(lambda: processor.requests, "a ring at the processor")


@pytest.mark.parametrize("announced", [True, False])
def test_larger_body_is_refused(http: httpx.Client, announced: bool) -> None:
    body = b" " * 65_537
    response = http.post(URL, content=body if announced else iter([body]), headers=RIGHT)
    assert check_refused(response, 413) == "the body is larger than 64 kB"


@pytest.mark.nightly
def test_slow_body_is_refused(relay: EdgeRuntime) -> None:
    """It takes the ten seconds that a body may take."""
    head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n{{"
    address = urlsplit(relay.url)
    with socket.create_connection((address.hostname, address.port), timeout=DEADLINE) as connection:
        connection.sendall(head.encode())
        response = connection.recv(4096).decode()
    assert response.startswith("HTTP/1.1 408 ")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_method_is_refused(http: httpx.Client, method: str) -> None:
    response = http.request(method, URL, headers=RIGHT)
    assert check_refused(response, 405) == "the path does not support this method"
    assert response.headers["allow"] == "POST"


def test_path_below_the_function_is_refused(http: httpx.Client) -> None:
    assert check_refused(http.post(f"{URL}/x", headers=RIGHT), 404) == "the path does not exist"


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (None, "IMPORT_JOBS_PROCESSOR_URL is not set"),
        ("/drop", "the processor did not answer a ring"),
        # The token is for the processor alone.
        ("/redirect", "the processor did not answer a ring"),
    ],
)
def test_ring_that_is_lost_is_logged(processor: Recorder, tmp_path: Path, path: str | None, logged: str) -> None:
    variables = {"IMPORT_JOBS_PROCESSOR_URL": f"{processor.url}{path}"} if path else {}
    with edge_runtime(tmp_path / "relay.log", NAME, IMPORT_JOBS_WAKE_TOKEN=TOKEN, **variables) as runtime:
        response = httpx.post(runtime.url + URL, headers=RIGHT, verify=NO_CERTIFICATES)
        assert response.status_code == 202
        until(lambda: logged in runtime.logged(), runtime.logged)
        assert TOKEN not in runtime.logged()
        assert "/arrived" not in processor.paths


def test_without_a_token_no_ring_is_accepted(tmp_path: Path) -> None:
    with edge_runtime(tmp_path / "relay.log", NAME) as runtime:
        for headers in (RIGHT, {"authorization": "Bearer"}, {}):
            assert httpx.post(runtime.url + URL, headers=headers, verify=NO_CERTIFICATES).status_code == 401
