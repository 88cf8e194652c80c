"""Runs the web server, with everything switched off that the processor does not need."""

import socket
import sys
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.applications import Starlette

from processor.errors import UserError
from processor.http.limits import ServerLimits
from processor.http.listener import Listener
from processor.http.protocol import protocol_with

# The exit status of uvicorn when the application or the listener cannot start.
STARTUP_FAILURE = 3
# Requests take milliseconds. The worker waits for the chunks in progress on its own, after the server has stopped.
STOP_SECONDS = 5


def never() -> bool:
    """Return that the server should go on."""
    return False


def run(app: Starlette, host: str, port: int, limits: ServerLimits, ended: Callable[[], bool] = never) -> None:
    """Serve until SIGTERM, or until `ended` returns true, which is asked ten times a second."""
    LimitedServer(server_settings(app, host, port, limits), limits, ended).run()


def server_settings(app: Starlette, host: str, port: int, limits: ServerLimits) -> uvicorn.Config:
    """Return the settings of a server with these limits."""
    return uvicorn.Config(
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
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


class LimitedServer(uvicorn.Server):
    """uvicorn with a listener that limits the number of connections."""

    def __init__(self, config: uvicorn.Config, limits: ServerLimits, ended: Callable[[], bool] = never) -> None:
        super().__init__(config)
        self._limits, self._ended = limits, ended

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; uvicorn calls this every 0.1 s."""
        return self._ended() or await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept connections. uvicorn gives the sockets only to several processes."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        protocol = partial(
            self.config.http_protocol_class,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        try:
            bound = bind(self.config.host, self.config.port)
        except OSError:
            await self.lifespan.shutdown()
            sys.exit(STARTUP_FAILURE)
        listener = Listener(bound, protocol, self.server_state, self._limits)
        self.servers = [listener]  # pyright: ignore[reportAttributeAccessIssue] - uvicorn closes it, and waits for it
        self.started = True


def bind(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address of a host, bound to a port.

    Raises: OSError, UnicodeError.
    """
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            bound.append(socket.socket(family, kind, protocol))
            bound[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # as asyncio does, so that :: and 0.0.0.0 do not conflict
                bound[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound[-1].bind(address)
    except (OSError, UnicodeError):
        close(bound)
        raise
    return bound


def close(sockets: list[socket.socket]) -> None:
    """Close sockets."""
    for one in sockets:
        one.close()


def check_address(host: str, port: int, variable: str = "IMPORT_JOBS_PORT") -> None:
    """Check that a server can listen on an address, whose port comes from a variable.

    uvicorn would report an error in its log and without a hint.

    Raises: UserError.
    """
    try:
        close(bind(host, port))
    except (OSError, UnicodeError) as exc:
        raise UserError(
            f"cannot listen on {host}, port {port}: {getattr(exc, 'strerror', None) or exc}",
            f"Set IMPORT_JOBS_HOST and {variable} to an address of this machine and a free port.",
        ) from exc
