"""What the tests of the pg_net stand-in share: an HTTP server that records requests, and the calls of pg_net."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

from tests.waiting import DEADLINE, until


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """A request as the server received it, and whether the gate was open at that time."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    gate_open: bool


@dataclass
class Recorder:
    """Answers 200, or what the path asks for: /status/503, /gate, /never, /redirect, /drop, /partial."""

    requests: list[ReceivedRequest] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Recorder:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                recorder.requests.append(
                    ReceivedRequest(
                        method=self.command,
                        path=self.path,
                        headers=dict(self.headers),
                        body=self.rfile.read(length),
                        gate_open=recorder.gate.is_set(),
                    )
                )
                recorder.answer(self)

            do_GET = do_DELETE = do_POST  # noqa: N815 -- http.server prescribes the names

            def log_message(self, *_: object) -> None:
                """Do not log requests."""

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
        return [request.path for request in self.requests]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        kind, _, rest = handler.path.strip("/").partition("/")
        if kind == "drop":
            return
        if kind == "gate":
            self.gate.wait(DEADLINE)
        if kind == "never":
            self.closing.wait(DEADLINE)
            return
        handler.send_response(307 if kind == "redirect" else int(rest) if kind == "status" else 200)
        if kind == "redirect":
            handler.send_header("Location", "/arrived")
        handler.send_header("Content-Type", "application/json")
        handler.send_header("X-Answer", "yes")
        handler.send_header("Content-Length", "99" if kind == "partial" else "11")
        handler.end_headers()
        handler.wfile.write(b'{"ok":true}')


class Server(ThreadingHTTPServer):
    """Accepts 200 connections at the same time."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def handle_error(self, *_: object) -> None:
        """Ignore clients that disconnect; some tests make them do so."""


def post(conn: psycopg.Connection, url: str, timeout: int = 300_000) -> int:
    """Queue a POST and return its id."""
    row = conn.execute("select net.http_post(url := %s, timeout_milliseconds := %s)", [url, timeout]).fetchone()
    assert row is not None
    return row[0]


def response(conn: psycopg.Connection, request_id: int) -> tuple[object, ...]:
    """Wait for a response; return status_code, content_type, headers, content, timed_out and error_msg."""
    sql = """select status_code, content_type, headers, content, timed_out, error_msg
             from net._http_response where id = %s"""
    return until(lambda: conn.execute(sql, [request_id]).fetchone(), f"a response to request {request_id}")


def empty(conn: psycopg.Connection) -> None:
    """Wait until the worker has sent every request, then delete responses and faults."""
    until(lambda: conn.execute("select not exists (select from net.http_request_queue)").fetchone() == (True,))
    conn.execute("delete from net._http_response")
    conn.execute("delete from net.stand_in_faults")
