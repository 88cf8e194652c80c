"""Accepts connections up to a limit; further ones wait in the listen backlog of the operating system."""

import asyncio
import socket
from collections.abc import Callable

from uvicorn.server import ServerState

from processor.http.limits import ServerLimits
from processor.http.protocol import LimitedProtocol

# How often to look for room while all connections are taken, and the pause after an error such as too many open files.
LOOK_SECONDS, ERROR_SECONDS = 0.01, 0.1


class Listener:
    """Accepts on bound sockets from its creation until `close`.

    asyncio's own server accepts without limit, so that a surplus could only be closed after it had been accepted.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        protocol: Callable[[], asyncio.Protocol],
        state: ServerState,
        limits: ServerLimits,
    ) -> None:
        self._sockets, self._protocol, self._state, self._limits = sockets, protocol, state, limits
        for listening in sockets:
            listening.setblocking(False)
            listening.listen(limits.backlog)
        self._tasks = [asyncio.create_task(self._accept(listening)) for listening in sockets]

    def close(self) -> None:
        """Accept nothing more; open connections stay open."""
        for task in self._tasks:
            task.cancel()
        for listening in self._sockets:
            listening.close()

    async def wait_closed(self) -> None:
        """Return when nothing is accepted any more."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while not self._has_room(loop.time()):
                await asyncio.sleep(LOOK_SECONDS)
            try:
                client, _ = await loop.sock_accept(listening)
                await loop.connect_accepted_socket(self._protocol, client)
            except OSError:
                await asyncio.sleep(ERROR_SECONDS)

    def _has_room(self, now: float) -> bool:
        """Return whether one more connection may be accepted, after closing one that makes no progress if necessary."""
        if len(self._state.connections) < self._limits.connections:
            return True
        waiting = [conn for conn in self._state.connections if isinstance(conn, LimitedProtocol)]
        oldest = min(
            (conn for conn in waiting if is_stale(conn, now - self._limits.grace_seconds)),
            key=lambda conn: conn.waits_since,
            default=None,
        )
        if oldest is not None:
            oldest.abandon()
        return oldest is not None


def is_stale(conn: LimitedProtocol, before: float) -> bool:
    """Return whether a connection may be closed: it is kept alive, or has waited for its client since `before`."""
    return conn.kept_alive or (conn.waits_for_client and conn.waits_since < before)
