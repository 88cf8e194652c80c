"""HTTP/1.1 by uvicorn and h11, with time limits: neither library limits how long a client may take."""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from processor.http.error_responses import encoded_error_body
from processor.http.limits import ServerLimits

# The states in which h11 lets a server begin a response.
BEFORE_RESPONSE = (h11.IDLE, h11.SEND_RESPONSE)


class LimitedProtocol(H11Protocol):
    """One connection. A timer runs while no request is in progress, until the head of the next one is complete.

    The rest of a body after its response does not count as a request. Up to `surplus_bytes` of it are read, so that a
    client that is still sending gets the response and not a connection reset.
    """

    limits = ServerLimits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._timer: asyncio.TimerHandle | None = None
        self._waits_since = 0.0
        self._responses = 0
        self._surplus = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Start the timer."""
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process data, or abort the connection when an unread body exceeds the limit."""
        if not self.in_progress:
            self._start_timer()
            self._surplus += len(data)
            if self._surplus > self.limits.surplus_bytes:
                self.transport.abort()
                return
        super().data_received(data)

    def handle_events(self) -> None:
        """Stop the timer when a request has begun."""
        cycle = self.cycle
        super().handle_events()
        if self.cycle is not cycle:
            self._waits_since = self.loop.time()
        if self.in_progress:
            self._stop_timer()
            self._surplus = 0

    def on_response_complete(self) -> None:
        """Record since when the connection is idle."""
        self._waits_since = self.loop.time()
        self._responses += 1
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Respond to invalid HTTP with 400, unless a response has begun already, and close the connection."""
        if self.conn.our_state in BEFORE_RESPONSE:
            self._send_error(HTTPStatus.BAD_REQUEST, "the request is not valid HTTP")
        self.transport.close()

    @property
    def in_progress(self) -> bool:
        """Whether a request has begun whose response is not complete."""
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    @property
    def waits_for_client(self) -> bool:
        """Whether the client has to send something: a request, or the rest of a body."""
        return not self.in_progress or self.conn.their_state is h11.SEND_BODY

    @property
    def waits_since(self) -> float:
        """The time of the loop since which the connection is open, or since its last response."""
        return self._waits_since

    @property
    def kept_alive(self) -> bool:
        """Whether the connection has had a response and is idle; its client expects that it may be closed."""
        return self._responses > 0 and not self.in_progress

    def abandon(self) -> None:
        """Close the connection at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.head_seconds, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        """Close the connection, with 408 if it has received a part of a request's head."""
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._send_error(HTTPStatus.REQUEST_TIMEOUT, "the head of the request did not arrive in time")
        self.transport.close()

    def _send_error(self, status: HTTPStatus, message: str) -> None:
        body = encoded_error_body(message)
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")


def protocol_with(limits: ServerLimits) -> type[LimitedProtocol]:
    """Return the protocol class with these limits. uvicorn creates the instances."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits})
