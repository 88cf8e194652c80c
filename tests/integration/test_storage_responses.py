"""What the processor makes of responses that Storage, or a proxy before it, should not send."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from processor.errors import ObjectNotFound, SourceRefused, SourceUnavailable
from processor.storage import Downloads, Source

BODY = b"id,name\n1,a\n2,b\n"
Respond = Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Respond], Source]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with one response for all requests, and return a source that reads from it."""
    servers: list[ThreadingHTTPServer] = []

    def start(respond: Respond) -> Source:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                respond(self)

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Source(Downloads(f"http://127.0.0.1:{server.server_port}", "key"), "imports", "a.csv", 1 << 30)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """Send a response with these headers."""
    handler.send_response(status)
    for name, value in {"content-length": str(len(body)), "etag": '"1"', **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    "content_range",
    ["bytes 3-15/16", "bytes 0-15/16", "bytes 9-15/16", "bytes */16", "bytes -1-15/16", "chunks 8-15/16", ""],
)
def test_a_part_that_begins_elsewhere_is_not_read(serve: Serve, content_range: str) -> None:
    source = serve(lambda request: reply(request, 206, BODY, content_range=content_range))
    read: list[bytes] = []
    with pytest.raises(SourceUnavailable):
        read.extend(source.blocks(8))
    assert read == []


def test_a_part_that_nobody_asked_for_is_not_read(serve: Serve) -> None:
    source = serve(lambda request: reply(request, 206, BODY[8:], content_range="bytes 8-15/16"))
    with pytest.raises(SourceUnavailable):
        list(source.blocks())


def test_a_part_that_begins_where_it_should_is_read(serve: Serve) -> None:
    source = serve(lambda request: reply(request, 206, BODY[8:], content_range="bytes 8-15/16"))
    assert b"".join(source.blocks(8)) == BODY[8:]


@pytest.mark.parametrize("size", ["", "-1", "1e9", "9" * 5000, "١٦"])
def test_a_size_that_is_no_number_is_a_failure_of_storage(serve: Serve, size: str) -> None:
    source = serve(lambda request: reply(request, 200, BODY, content_length=size.encode().decode("latin-1")))
    with pytest.raises(SourceUnavailable):
        list(source.blocks())


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"statusCode":' * 7_000, b"{}", b"[1]", b'{"statusCode": 1e400}', b'{"statusCode": []}', b"\xff"]
    + [b'{"statusCode": %d}' % status for status in (0, -404, 99_999)]
    + [b'{"statusCode": "' + b"9" * 5_000 + b'"}'],
    ids=lambda body: repr(body[:24]),
)
def test_an_error_body_that_is_no_document_leaves_the_status_to_the_response(serve: Serve, body: bytes) -> None:
    with pytest.raises(SourceRefused, match="status 400"):
        list(serve(lambda request: reply(request, 400, body)).blocks())


def test_the_status_in_the_body_counts(serve: Serve) -> None:
    with pytest.raises(ObjectNotFound):
        list(serve(lambda request: reply(request, 400, b'{"statusCode": "404"}')).blocks())
