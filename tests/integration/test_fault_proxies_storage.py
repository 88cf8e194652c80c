"""The Storage proxy injects exactly the requested faults, and otherwise responds as Storage does."""

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


def drain(response: httpx.Response, into: bytearray) -> None:
    for block in response.iter_raw():
        into += block


def drain_until_broken(response: httpx.Response, into: bytearray) -> None:
    with contextlib.suppress(httpx.TransportError):
        drain(response, into)


def test_storage_without_faults_responds_as_its_target(client):
    response = client.get("/file")
    assert (response.status_code, response.headers["etag"], response.content) == (200, '"one"', FILE)
    part = client.get("/file", headers={"Range": "bytes=999990-"})
    assert (part.status_code, part.content) == (206, FILE[-10:])
    head = client.head("/file")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "1000000", b"")
    assert client.get("/chunked").content == FILE


@pytest.mark.parametrize("body", [FILE, (FILE[n : n + 99_999] for n in range(0, len(FILE), 99_999))])
def test_storage_forwards_uploads_with_and_without_a_length(client, body):
    response = client.post("/file", content=body, headers={"apikey": "sb_secret_x"})
    assert response.json() == {"size": len(FILE), "key": "sb_secret_x"}


def test_storage_responds_503_the_requested_number_of_times(client, storage):
    storage.add(Fault(kind="status", status=503, remaining=2))
    responses = [client.get("/file") for _ in range(3)]
    assert [response.status_code for response in responses] == [503, 503, 200]
    assert responses[0].json() == {
        "statusCode": "503",
        "error": "service_unavailable",
        "message": "Service Unavailable",
    }


def test_storage_responds_429_with_retry_after(client, storage):
    storage.add(Fault(kind="status", status=429, retry_after=7, method="POST"))
    assert client.get("/file").status_code == 200
    response = client.post("/file", content=FILE)
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert client.post("/file", content=FILE).status_code == 200


@pytest.mark.parametrize("path", ["/file", "/chunked"])
def test_storage_truncates_the_body_and_keeps_content_length(client, storage, path):
    storage.add(Fault(kind="truncate", after_bytes=300_000))
    received = bytearray()
    with client.stream("GET", path) as response:
        assert response.status_code == 200
        assert response.headers.get("content-length") == ("1000000" if path == "/file" else None)
        with pytest.raises(httpx.RemoteProtocolError):
            drain(response, received)
    assert received == FILE[:300_000]
    assert client.get(path).content == FILE


def test_storage_ignores_range(client, storage):
    storage.add(Fault(kind="ignore_range"))
    responses = [client.get("/file", headers={"Range": "bytes=999990-"}) for _ in range(2)]
    assert [(response.status_code, len(response.content)) for response in responses] == [(200, 1_000_000), (206, 10)]


def test_storage_replaces_the_etag(client, storage):
    storage.add(Fault(kind="etag", etag='"two"', remaining=None))
    assert [client.get("/file").headers["etag"] for _ in range(2)] == ['"two"', '"two"']
    storage.clear()
    assert client.get("/file").headers["etag"] == '"one"'


def test_storage_streams_a_slow_body_until_the_proxy_stops(file_server):
    proxy = StorageProxy(file_server)
    proxy.start()
    # At 100 bytes a second the whole file would take hours, so these bytes were not buffered until its end.
    proxy.add(Fault(kind="slow", bytes_per_second=100))
    received = bytearray()
    with httpx.stream("GET", f"{proxy.url}/file", timeout=DEADLINE) as response:
        reading = threading.Thread(target=drain_until_broken, args=(response, received))
        reading.start()
        until(lambda: len(received) >= 10)
        proxy.stop()
        reading.join(DEADLINE)
    assert not reading.is_alive()
    assert FILE.startswith(received)
    assert len(received) < 100_000


def test_storage_faults_of_several_kinds_apply_together_and_only_to_their_path(client, storage):
    storage.add(Fault(kind="etag", path="/file"))
    storage.add(Fault(kind="ignore_range", path="/file"))
    assert client.get("/chunked").headers["etag"] == '"one"'
    response = client.get("/file", headers={"Range": "bytes=5-"})
    assert (response.status_code, response.headers["etag"]) == (200, '"another"')
    assert storage.faults.as_json() == []


def test_storage_that_does_not_listen_gives_502():
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


def test_storage_forwards_an_upload_before_the_client_has_sent_all_of_it():
    """The client sends the second half of the body only after Storage has received the first."""
    with socket.create_server(("127.0.0.1", 0)) as target:
        proxy = StorageProxy(f"http://127.0.0.1:{target.getsockname()[1]}")
        proxy.start()
        with connect(proxy.port) as client:
            client.sendall(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
            upstream, _ = target.accept()
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
