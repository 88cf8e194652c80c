"""An HTTP server on loopback through which another process controls a proxy."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from processor.local.signals import stop_event

# Takes the JSON body of the request, or None without a body; returns the JSON body of the response.
Action = Callable[[object], object]


class Proxy(Protocol):
    """A proxy that can be started and stopped."""

    @property
    def port(self) -> int: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class ControlServer:
    """Calls the action of each `METHOD /path`; a ValueError or TypeError of the action gives status 400."""

    def __init__(self, actions: Mapping[str, Action], port: int = 0) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(actions))
        self._server.daemon_threads = True
        self.port: int = self._server.server_port

    def start(self) -> None:
        """Serve from now on, in a thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Close the port. Call it after start() only."""
        self._server.shutdown()
        self._server.server_close()


def _handler(actions: Mapping[str, Action]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            action = actions.get(f"{self.command} {self.path}")
            if action is None:
                return self._respond(404, {"error": "no such action", "actions": sorted(actions)})
            try:
                return self._respond(200, action(json.loads(body) if body else None))
            except (TypeError, ValueError) as error:
                return self._respond(400, {"error": str(error)})

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815 -- the names are http.server's

        def _respond(self, status: int, content: object) -> None:
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: the caller knows its own requests."""

    return Handler


def serve(proxy: Proxy, actions: Mapping[str, Action], control_port: int) -> None:
    """Run a proxy with its control server until a stop signal; print the ports when both are ready."""
    server = ControlServer(actions, control_port)
    with stop_event() as stopping:
        proxy.start()
        server.start()
        print(f"ready port={proxy.port} control={server.port}", flush=True)
        stopping.wait()
        server.stop()
        proxy.stop()
