"""A small HTTP server on loopback through which another process tells a proxy what to break."""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processor.local.signals import stop_event

# Takes the JSON body of the call (None without one); what it returns is the JSON answer.
Action = Callable[[object], object]


class ControlServer:
    """Calls an action for each `METHOD /path`; an action's ValueError or TypeError is answered with 400."""

    def __init__(self, actions: Mapping[str, Action], port: int = 0) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(actions))
        self._server.daemon_threads = True
        self.port: int = self._server.server_port

    def start(self) -> None:
        """Answer from now on, in a thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Close the port; only after start()."""
        self._server.shutdown()
        self._server.server_close()


def _handler(actions: Mapping[str, Action]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _call(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            action = actions.get(f"{self.command} {self.path}")
            if action is None:
                return self._answer(404, {"error": "no such action", "actions": sorted(actions)})
            try:
                return self._answer(200, action(json.loads(body) if body else None))
            except (TypeError, ValueError) as error:
                return self._answer(400, {"error": str(error)})

        do_GET = do_POST = do_DELETE = _call  # noqa: N815 -- the names are http.server's

        def _answer(self, status: int, content: object) -> None:
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the caller knows what it asked for."""

    return Handler


def run(start: Callable[[], str], stop: Callable[[], None]) -> None:
    """Serve as a process: print the line that `start` returns, then wait for SIGTERM or SIGINT."""
    with stop_event() as stopping:
        print(start(), flush=True)
        stopping.wait()
        stop()
    sys.exit(0)
