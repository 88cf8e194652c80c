"""Helpers for the tests of the fault proxies: proxies as processes, plain sockets, and a server of one file."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler

from tests.waiting import DEADLINE

FILE = os.urandom(1_000_000)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)


def send_and_read(connection: socket.socket, data: bytes) -> bytes:
    """Send bytes to the echo server; return what it sends back."""
    connection.sendall(data)
    return read(connection, len(data))


def connect_and_send(port: int, data: bytes) -> bytes:
    """Send bytes on a new connection, which may be reset before, during or after its handshake."""
    with connect(port) as connection:
        return send_and_read(connection, data)


def read(connection: socket.socket, size: int) -> bytes:
    """Read `size` bytes, or fewer when the connection ends."""
    received = b""
    while len(received) < size and (block := connection.recv(size - len(received))):
        received += block
    return received


class running:  # noqa: N801 -- used as a function
    """Run a fault proxy as a process, and give its port and the URL of its control port; it must end with status 0."""

    def __init__(self, module: str, *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.proxies.{module}", *args], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> tuple[int, str]:
        assert self.process.stdout is not None
        ready, port, control = self.process.stdout.readline().split()
        assert ready == "ready"
        return int(port.removeprefix("port=")), f"http://127.0.0.1:{control.removeprefix('control=')}/"

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


class FileServer(BaseHTTPRequestHandler):
    """A Storage API in miniature: FILE with Range and ETag, and the size and key of each upload."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        chunked = self.path == "/chunked"
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("ETag", '"one"')
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(FILE) - first))
        self.end_headers()
        if self.command == "GET":
            body = FILE[first:]
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body)

    do_HEAD = do_GET  # noqa: N815 -- the names are http.server's

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        payload = json.dumps({"size": len(body), "key": self.headers.get("apikey")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""
