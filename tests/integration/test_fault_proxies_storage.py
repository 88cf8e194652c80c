"""The Storage proxy answers wrongly, slowly or by half as it is told to, and else as Storage does."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import ThreadingHTTPServer

import httpx
import pytest

from processor.local.ports import free_port
from tests.faults.proxies.storage_fault import Fault
from tests.faults.proxies.storage_proxy import StorageProxy
from tests.integration.fault_harness import FILE, FileServer, connect, read, running
from tests.waiting import DEADLINE, until


@pytest.fixture(scope="module")
def file_server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), FileServer)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def storage(file_server):
    proxy = StorageProxy(file_server)
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture
def client(storage):
    with httpx.Client(base_url=storage.url, timeout=DEADLINE) as client:
        yield client


def drain(answer: httpx.Response, into: bytearray) -> None:
    for block in answer.iter_raw():
        into += block


def drain_until_broken(answer: httpx.Response, into: bytearray) -> None:
    with contextlib.suppress(httpx.TransportError):
        drain(answer, into)


def test_storage_without_faults_is_what_is_behind_it(client):
    answer = client.get("/file")
    assert (answer.status_code, answer.headers["etag"], answer.content) == (200, '"one"', FILE)
    part = client.get("/file", headers={"Range": "bytes=999990-"})
    assert (part.status_code, part.content) == (206, FILE[-10:])
    head = client.head("/file")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "1000000", b"")
    assert client.get("/chunked").content == FILE


@pytest.mark.parametrize("body", [FILE, (FILE[n : n + 99_999] for n in range(0, len(FILE), 99_999))])
def test_storage_uploads_pass_with_and_without_a_length(client, body):
    answer = client.post("/file", content=body, headers={"apikey": "sb_secret_x"})
    assert answer.json() == {"size": len(FILE), "key": "sb_secret_x"}


def test_storage_answers_503_as_often_as_told(client, storage):
    storage.add(Fault(kind="status", status=503, remaining=2))
    answers = [client.get("/file") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json() == {
        "statusCode": "503",
        "error": "service_unavailable",
        "message": "Service Unavailable",
    }


def test_storage_answers_429_with_retry_after(client, storage):
    storage.add(Fault(kind="status", status=429, retry_after=7, method="POST"))
    assert client.get("/file").status_code == 200
    answer = client.post("/file", content=FILE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert client.post("/file", content=FILE).status_code == 200


@pytest.mark.parametrize("path", ["/file", "/chunked"])
def test_storage_truncates_the_body_and_not_its_length(client, storage, path):
    storage.add(Fault(kind="truncate", after_bytes=300_000))
    got = bytearray()
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        assert answer.headers.get("content-length") == ("1000000" if path == "/file" else None)
        with pytest.raises(httpx.RemoteProtocolError):
            drain(answer, got)
    assert got == FILE[:300_000]
    assert client.get(path).content == FILE


def test_storage_ignores_range(client, storage):
    storage.add(Fault(kind="ignore_range"))
    answers = [client.get("/file", headers={"Range": "bytes=999990-"}) for _ in range(2)]
    assert [(answer.status_code, len(answer.content)) for answer in answers] == [(200, 1_000_000), (206, 10)]


def test_storage_has_another_etag(client, storage):
    storage.add(Fault(kind="etag", etag='"two"', remaining=None))
    assert [client.get("/file").headers["etag"] for _ in range(2)] == ['"two"', '"two"']
    storage.clear()
    assert client.get("/file").headers["etag"] == '"one"'


def test_storage_slow_body_is_streamed_and_ends_with_the_proxy(file_server):
    proxy = StorageProxy(file_server)
    proxy.start()
    # At 100 bytes a second the whole would take hours: what is here was not buffered until the end.
    proxy.add(Fault(kind="slow", bytes_per_second=100))
    got = bytearray()
    with httpx.stream("GET", f"{proxy.url}/file", timeout=DEADLINE) as answer:
        reading = threading.Thread(target=drain_until_broken, args=(answer, got))
        reading.start()
        until(lambda: len(got) >= 10)
        proxy.stop()
        reading.join(DEADLINE)
    assert not reading.is_alive()
    assert FILE.startswith(got)
    assert len(got) < 100_000


def test_storage_faults_of_several_kinds_act_together_and_only_on_their_path(client, storage):
    storage.add(Fault(kind="etag", path="/file"))
    storage.add(Fault(kind="ignore_range", path="/file"))
    assert client.get("/chunked").headers["etag"] == '"one"'
    answer = client.get("/file", headers={"Range": "bytes=5-"})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"another"')
    assert storage.faults.as_json() == []


def test_storage_that_is_not_there_is_502():
    proxy = StorageProxy(f"http://127.0.0.1:{free_port()}")
    proxy.start()
    try:
        assert httpx.get(f"{proxy.url}/file").status_code == 502
    finally:
        proxy.stop()


def test_storage_as_a_process_is_controlled_over_http(file_server):
    with running("storage_proxy", "0", file_server) as (port, control):
        faults = f"{control}faults"
        assert httpx.post(faults, json={"kind": "status", "status": 503, "remaining": 3}).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/file").status_code == 503
        assert [(fault["kind"], fault["remaining"]) for fault in httpx.get(faults).json()] == [("status", 2)]
        assert httpx.delete(faults).json() == []
        assert httpx.get(f"http://127.0.0.1:{port}/file").content == FILE
        for wrong in ({"kind": "burn"}, {"colour": "red"}, [1]):
            assert httpx.post(faults, json=wrong).status_code == 400


def test_storage_upload_reaches_storage_before_the_client_has_sent_it_all():
    """The body's second half is sent only after Storage has seen its first."""
    with socket.create_server(("127.0.0.1", 0)) as behind:
        proxy = StorageProxy(f"http://127.0.0.1:{behind.getsockname()[1]}")
        proxy.start()
        with connect(proxy.port) as client:
            client.sendall(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
            upstream, _ = behind.accept()
            with upstream:
                upstream.settimeout(DEADLINE)
                received = b""
                while not received.endswith(b"half"):
                    received += upstream.recv(4096)
                client.sendall(b"rest")
                assert read(upstream, 4) == b"rest"
                upstream.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                assert read(client, 12) == b"HTTP/1.1 204"
        proxy.stop()
