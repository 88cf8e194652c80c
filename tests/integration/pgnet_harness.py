"""What the pg_net stand-in's tests drive: the stand-in as a process, and an HTTP server that remembers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

import psycopg

T = TypeVar("T")
DEADLINE = 20.0


def until(look: Callable[[], T]) -> T:
    """Return the first true value of `look`; fail when there is none before the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if value := look():
            return value
        time.sleep(0.01)
    raise AssertionError(f"nothing within {DEADLINE:g} s")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in, and whether the gate stood open then."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    gate_open: bool


@dataclass
class Recorder:
    """Answers 200, or as the path says: /status/503, /gate, /never, /redirect, /drop, /partial."""

    arrivals: list[Arrival] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Recorder:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                recorder.arrivals.append(
                    Arrival(self.command, self.path, dict(self.headers), body, recorder.gate.is_set())
                )
                recorder.answer(self)

            do_GET = do_DELETE = do_POST  # noqa: N815 -- the names are http.server's

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def paths(self) -> list[str]:
        return [arrival.path for arrival in self.arrivals]

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        kind, _, rest = to.path.strip("/").partition("/")
        if kind == "drop":
            return
        if kind == "gate":
            self.gate.wait(DEADLINE)
        if kind == "never":
            self.closing.wait(DEADLINE)
            return
        to.send_response(307 if kind == "redirect" else int(rest) if kind == "status" else 200)
        if kind == "redirect":
            to.send_header("Location", "/arrived")
        to.send_header("Content-Type", "application/json")
        to.send_header("X-Answer", "yes")
        to.send_header("Content-Length", "99" if kind == "partial" else "11")
        to.end_headers()
        to.wfile.write(b'{"ok":true}')


class Server(ThreadingHTTPServer):
    """Takes 200 connections at once without turning one away."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def handle_error(self, *_: object) -> None:
        """A client that went away is what some tests are about."""


class StandIn:
    """`python -m processor.local.pgnet` on one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.process = subprocess.Popen(
            [sys.executable, "-m", "processor.local.pgnet"],
            env={**os.environ, "PGNET_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def wait_ready(self) -> StandIn:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __enter__(self) -> StandIn:
        return self.wait_ready()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()


def post(conn: psycopg.Connection, url: str, timeout: int = 300_000) -> int:
    """Queue a POST; return its id."""
    row = conn.execute("select net.http_post(url := %s, timeout_milliseconds := %s)", [url, timeout]).fetchone()
    assert row is not None
    return row[0]


def response(conn: psycopg.Connection, request_id: int) -> tuple[object, ...]:
    """Wait for a response: status_code, content_type, headers, content, timed_out, error_msg."""
    sql = """select status_code, content_type, headers, content, timed_out, error_msg
             from net._http_response where id = %s"""
    return until(lambda: conn.execute(sql, [request_id]).fetchone())
