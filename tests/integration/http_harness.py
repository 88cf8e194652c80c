"""A processor in its own process, with a database, and clients that send it bytes instead of requests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processor.local.ports import free_port
from processor.local.python_command import module_environment
from tests.conftest import Database

TOKEN = "a-token-that-rings-0123456789"
KEY = "sb_secret_http_surface_0123456789"
PATH = "/process-import-jobs"
RIGHT = f"Authorization: Bearer {TOKEN}"
ID = "75aa41d4-60df-4b14-8202-d32da27fd0f9"
# Time after which anything counts as hanging, even on a busy machine.
DEADLINE = 40.0


@dataclass(frozen=True, slots=True)
class Response:
    """One response as it was received."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, str]:
        return json.loads(self.body)


class Connection:
    """A connection on which the test decides what is sent, and when."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self._received = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *lines: str, body: bytes = b"") -> None:
        """Send a head, the empty line that ends it, and a body."""
        self.send_raw("\r\n".join([*lines, "Host: processor", "", ""]).encode("latin-1") + body)

    @property
    def file(self) -> socket.socket:
        """The socket, for `select`."""
        return self._socket

    def send_raw(self, data: bytes) -> None:
        self._socket.sendall(data)

    def response(self, to: str = "GET") -> Response:
        """Return the response to a request with the method `to`. All responses have a Content-Length."""
        head = self._until(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100 "):
            return self.response(to)
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields if field)
        }
        length = int(headers.get("content-length", "0")) if to != "HEAD" else 0
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return Response(int(line.split(" ")[1]), headers, body)

    def rest(self) -> bytes:
        """Read until the server closes or resets the connection; return everything not yet returned."""
        try:
            while block := self._socket.recv(65_536):
                self._received += block
        except ConnectionError:
            pass
        return self._received

    def _until(self, separator: bytes) -> bytes:
        while separator not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(separator)
        return head

    def _receive(self) -> None:
        block = self._socket.recv(65_536)
        if not block:
            raise ConnectionError(f"the server disconnected after {self._received[:200]!r}")
        self._received += block


@dataclass(frozen=True, slots=True)
class Server:
    """A running processor."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> Connection:
        return Connection(self.port)

    def request(self, *lines: str, body: bytes = b"") -> Response:
        """Send one request on a new connection and return the response."""
        with self.connect() as connection:
            connection.send(*lines, body=body)
            return connection.response()

    def ring(self, body: bytes, *lines: str) -> Response:
        """Ring with the right token."""
        return self.request(f"POST {PATH} HTTP/1.1", RIGHT, f"Content-Length: {len(body)}", *lines, body=body)

    def logged(self) -> str:
        return self.log.read_text(errors="replace")


def environment(db: Database, port: int, **variables: str) -> dict[str, str]:
    """Return the environment of a processor. Nothing listens on the port of Storage, since no job gets that far."""
    own = {
        "DATABASE_URL": db.processor_url,
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_SECRET_KEY": KEY,
        "IMPORT_JOBS_WAKE_TOKEN": TOKEN,
        "IMPORT_JOBS_PORT": str(port),
        "OPENBLAS_NUM_THREADS": "1",
    }
    return {**os.environ, **module_environment(), **own, **variables}


@contextmanager
def serving(db: Database, log: Path, *command: str, **variables: str) -> Iterator[Server]:
    """Run a processor until the block ends: `import-jobs serve`, unless `command` names another module."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *(command or ("processor.cli", "serve"))],
            env=environment(db, port, **variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        server = Server(process, port, log)
        until_listening(server)
        yield server
    finally:
        process.terminate()
        process.wait(DEADLINE)


@contextmanager
def limited(db: Database, log: Path, **limits: float) -> Iterator[Server]:
    """Run a processor with limits other than the defaults."""
    with serving(db, log, "tests.integration.http_server", HTTP_LIMITS=json.dumps(limits)) as server:
        yield server


def until_listening(server: Server) -> None:
    """Wait until the server accepts connections."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and server.process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(server.logged())
