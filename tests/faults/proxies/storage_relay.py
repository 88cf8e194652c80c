"""The part of the Storage proxy that forwards requests and responses, block by block."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit

from tests.faults.proxies.storage_fault import Fault, FaultList, Kind

BLOCK = 256 * 1024
# These headers describe one connection and are not forwarded (RFC 9110, 7.6.1).
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"}
# The time-out of an idle connection, and of the next byte from Storage.
TIMEOUT = 330.0

Faults = Mapping[Kind, Fault]


class RelayServer(ThreadingHTTPServer):
    """A server with one thread per connection; it keeps its connections so that stop() can close them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, target: str, faults: FaultList, port: int) -> None:
        parts = urlsplit(target)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"the target must be http://host:port, not {target}")
        self.target = (parts.hostname, parts.port or 80)
        self.faults = faults
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Relay)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection and keep it."""
        request, address = super().get_request()
        self._open.add(request)
        return request, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection after its last request."""
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: this proxy is made to interrupt connections."""

    def stop(self) -> None:
        """Close the port and every connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Relay(BaseHTTPRequestHandler):
    """The handler of one connection of a client."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT

    def handle_request(self) -> None:
        """Forward a request and its response, with the faults that match it."""
        faults = self._relay.faults.take(self.command, self.path)
        if fault := faults.get("status"):
            self._respond_with_error(fault.status, fault.retry_after)
            return
        upstream = HTTPConnection(*self._relay.target, timeout=TIMEOUT)
        try:
            self._forward(upstream, without_range="ignore_range" in faults)
            response = upstream.getresponse()
        except (OSError, HTTPException):
            self.close_connection = True
            self._respond_with_error(502, None)
        else:
            self._respond(response, faults)
        finally:
            upstream.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_request  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: signed URLs contain tokens."""

    @property
    def _relay(self) -> RelayServer:
        return cast(RelayServer, self.server)

    def _forward(self, upstream: HTTPConnection, *, without_range: bool) -> None:
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        dropped = HOP_BY_HOP | ({"range"} if without_range else set[str]())
        for name, value in self.headers.items():
            if name.lower() not in dropped:
                upstream.putheader(name, value)
        chunked = self._is_chunked()
        if chunked:
            upstream.putheader("Transfer-Encoding", "chunked")
        upstream.endheaders()
        for block in self._body():
            try:
                upstream.send(b"%x\r\n%b\r\n" % (len(block), block) if chunked else block)
            except (BrokenPipeError, ConnectionResetError):
                # Storage has responded with an error already, and does not read the rest of the body.
                self.close_connection = True
                return
        if chunked:
            upstream.send(b"0\r\n\r\n")

    def _is_chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding", "").lower() == "chunked"

    def _body(self) -> Iterator[bytes]:
        if not self._is_chunked():
            yield from self._read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield from self._read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers

    def _read(self, size: int) -> Iterator[bytes]:
        while size:
            block = self.rfile.read1(min(size, BLOCK))
            if not block:
                raise ConnectionError("the client closed the connection within its body")
            size -= len(block)
            yield block

    def _respond_with_error(self, status: int, retry_after: int | None) -> None:
        for _ in self._body() if not self.close_connection else ():
            pass
        reason = self.responses.get(status, ("Unknown", ""))[0]
        code = reason.lower().replace(" ", "_")
        payload = json.dumps({"statusCode": str(status), "error": code, "message": reason}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(payload)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def _respond(self, response: HTTPResponse, faults: Faults) -> None:
        etag = faults.get("etag")
        without_body = self.command == "HEAD" or response.status in {204, 304}
        chunked = response.getheader("Content-Length") is None and not without_body
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, etag.etag if etag and name.lower() == "etag" else value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if without_body:
            return
        for block in self._response_body(response, faults):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block) if chunked else block)
        if chunked and not self.close_connection:
            self.wfile.write(b"0\r\n\r\n")

    def _response_body(self, response: HTTPResponse, faults: Faults) -> Iterator[bytes]:
        slow, truncate = faults.get("slow"), faults.get("truncate")
        # A slow body is sent in twenty blocks a second, so that it arrives evenly.
        size = BLOCK if slow is None else max(1, slow.bytes_per_second // 20)
        left = truncate.after_bytes if truncate else None
        while block := response.read1(size):
            if left is not None and len(block) > left:
                self.close_connection = True
                yield block[:left]
                return
            yield block
            left = None if left is None else left - len(block)
            if slow and self._relay.stopping.wait(len(block) / slow.bytes_per_second):
                break
        # Storage itself closed the connection early. read1() does not report that, so the proxy must.
        if response.length:
            self.close_connection = True
