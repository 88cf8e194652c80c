"""Runs the web server, with everything switched off that the processor does not need."""

import socket

import uvicorn
from starlette.applications import Starlette

from processor.errors import UserError
from processor.http.limits import ServerLimits
from processor.http.protocol import protocol_with

# Requests take milliseconds. The worker waits for the chunks in progress on its own, after the server has stopped.
STOP_SECONDS = 5


def run(app: Starlette, host: str, port: int, limits: ServerLimits) -> None:
    """Serve until SIGTERM."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=protocol_with(limits),
        # uvicorn would use the WebSocket library that `supabase` installs, which sends responses of its own.
        ws="none",
        # Nothing depends on the address of the client, so X-Forwarded-For is not read.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        # At warning level uvicorn logs a line per bad request, so that clients could fill the log.
        log_level="error",
        access_log=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        # uvicorn responds with 503 when every connection has a request in progress. Idle ones are closed before that.
        limit_concurrency=limits.connections + 1,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def check_address(host: str, port: int) -> None:
    """Check that a server can listen on an address. uvicorn would report an error in its log and without a hint.

    Raises: UserError.
    """
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:  # as asyncio does, so that :: and 0.0.0.0 do not conflict
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind(address)
    except (OSError, UnicodeError) as exc:
        raise UserError(
            f"cannot listen on {host}, port {port}: {getattr(exc, 'strerror', None) or exc}",
            "Set IMPORT_JOBS_HOST and IMPORT_JOBS_PORT to an address of this machine and a free port.",
        ) from exc
