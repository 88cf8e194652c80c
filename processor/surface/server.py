"""The web server and its settings: nothing on by default that is not needed."""

import socket
import sys

import uvicorn
from starlette.applications import Starlette

from processor.problem import Problem
from processor.surface.limits import Limits
from processor.surface.protocol import doorway

# Requests are answered in milliseconds; the worker's own stop waits for the chunk in hand.
STOP_SECONDS = 5


def run(app: Starlette, host: str, port: int, limits: Limits) -> None:
    """Serve until SIGTERM.

    Raises: Problem where it cannot listen there.
    """
    config = uvicorn.Config(
        app,
        http=doorway(limits),
        # A library for WebSockets comes with `supabase`, and uvicorn would use it, with answers of its own.
        ws="none",
        # Nothing here depends on who the client is, so X-Forwarded-For is not read.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        # Its warnings are one line for each bad request, as many as anybody likes.
        log_level="error",
        access_log=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        # Answered with 503 when every connection has a request in hand; idle ones make room before that.
        limit_concurrency=limits.connections + 1,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    with bound(host, port) as sock:
        server.run([sock])
    if not server.started:
        sys.exit(1)  # the log says why


def bound(host: str, port: int) -> socket.socket:
    """Take an address, on which uvicorn listens once the application is up; its own way ends without a hint.

    Raises: Problem.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as exc:
        sock.close()
        raise Problem(
            f"cannot listen on {host}, port {port}: {exc.strerror or exc}",
            "set IMPORT_JOBS_HOST and IMPORT_JOBS_PORT to an address of this machine and a free port",
        ) from exc
    return sock
