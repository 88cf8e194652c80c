"""A processor as a process of its own with a database, and clients that send it bytes rather than requests."""

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

from processor.local.python_command import module_environment
from processor.local.ports import free_port
from tests.conftest import Database

TOKEN = "a-token-that-rings-0123456789"
KEY = "sb_secret_http_surface_0123456789"
PATH = "/process-import-jobs"
RIGHT = f"Authorization: Bearer {TOKEN}"
ID = "75aa41d4-60df-4b14-8202-d32da27fd0f9"
# What anything here may take on a busy machine before it counts as hanging.
DEADLINE = 40.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, str]:
        return json.loads(self.body)


class Connection:
    """A connection that sends what it is told, when it is told."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self._received = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *lines: str, body: bytes = b"") -> None:
        """Send a head, with an empty line after it, and a body."""
        self.send_raw("\r\n".join([*lines, "Host: processor", "", ""]).encode("latin-1") + body)

    @property
    def file(self) -> socket.socket:
        """What `select` wants."""
        return self._socket

    def send_raw(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, to: str = "GET") -> Answer:
        """Read the response to a request with this method; all of ours have a Content-Length."""
        head = self._until(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100 "):
            return self.answer(to)
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields if field)
        }
        length = int(headers.get("content-length", "0")) if to != "HEAD" else 0
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(line.split(" ")[1]), headers, body)

    def rest(self) -> bytes:
        """Read until the server ends the connection, in whichever way."""
        try:
            while block := self._socket.recv(65_536):
                self._received += block
        except ConnectionError:
            pass
        return self._received

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(mark)
        return head

    def _receive(self) -> None:
        block = self._socket.recv(65_536)
        if not block:
            raise ConnectionError(f"the server hung up after {self._received[:200]!r}")
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

    def request(self, *lines: str, body: bytes = b"") -> Answer:
        """Send one request on a connection of its own and return the answer."""
        with self.connect() as connection:
            connection.send(*lines, body=body)
            return connection.answer()

    def ring(self, body: bytes, *lines: str) -> Answer:
        """Ring with the right token."""
        return self.request(f"POST {PATH} HTTP/1.1", RIGHT, f"Content-Length: {len(body)}", *lines, body=body)

    def said(self) -> str:
        return self.log.read_text(errors="replace")


def environment(db: Database, port: int, **variables: str) -> dict[str, str]:
    """Return a processor's environment; Storage is a port where nothing listens, as no job comes so far."""
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
    """Run a processor, `import-jobs serve` unless `command` is another module, until the test is over."""
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
    """Run a processor with other limits than those of everyday use."""
    with serving(db, log, "tests.integration.http_server", HTTP_LIMITS=json.dumps(limits)) as server:
        yield server


def until_listening(server: Server) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and server.process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(server.said())
