"""The web server and its settings: nothing on by default that is not needed."""

import socket

import uvicorn
from starlette.applications import Starlette

from processor.errors import UserError
from processor.http.limits import ServerLimits
from processor.http.protocol import doorway

# Requests are answered in milliseconds; the worker's own stop waits for the chunk in hand.
STOP_SECONDS = 5


def run(app: Starlette, host: str, port: int, limits: ServerLimits) -> None:
    """Serve until SIGTERM.

    Raises: UserError where it cannot listen there.
    """
    check_address(host, port)
    uvicorn.run(
        app,
        host=host,
        port=port,
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


def check_address(host: str, port: int) -> None:
    """Find out whether one could listen there: uvicorn would end with a line of its log and without a hint.

    Raises: UserError.
    """
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:  # as asyncio does, so that :: and 0.0.0.0 do not get in each other's way
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind(address)
    except (OSError, UnicodeError) as exc:
        raise UserError(
            f"cannot listen on {host}, port {port}: {getattr(exc, 'strerror', None) or exc}",
            "set IMPORT_JOBS_HOST and IMPORT_JOBS_PORT to an address of this machine and a free port",
        ) from exc
