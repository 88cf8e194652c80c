"""HTTP/1.1 by uvicorn and h11, with an end to every wait: neither of them limits the time a client may take."""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from processor.http.error_responses import text
from processor.http.limits import ServerLimits

# The states in which h11 lets a server begin an answer.
UNANSWERED = (h11.IDLE, h11.SEND_RESPONSE)


class Doorway(H11Protocol):
    """One connection. While no request is in hand a timer runs: from the first byte of the next one, or of none.

    What is left of a body after its answer does not count as a request; so much of it is read that the client, which
    may still be sending, finds the answer and not a reset connection.
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
        self._deadline: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._surplus = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for a request; make room first where there is none."""
        if len(self.connections) >= self.limits.connections:
            self._evict()
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless it is too much of what nobody wants."""
        if not self.in_hand:
            self._wait()
            self._surplus += len(data)
            if self._surplus > self.limits.surplus_bytes:
                self.transport.abort()
                return
        super().data_received(data)

    def handle_events(self) -> None:
        """Stop the timer when a request has come."""
        super().handle_events()
        if self.in_hand:
            self._stop_waiting()
            self._surplus = 0

    def on_response_complete(self) -> None:
        """Note since when there is nothing to do here."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; after an answer has begun there is nothing more to say."""
        if self.conn.our_state in UNANSWERED:
            self._say(HTTPStatus.BAD_REQUEST, "this is not an HTTP request")
        self.transport.close()

    @property
    def in_hand(self) -> bool:
        """Tell whether a request has come that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.limits.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """End a connection on which no request came, or not the whole of its head, or more than one wanted."""
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._say(HTTPStatus.REQUEST_TIMEOUT, "the request's head was not there in time")
        self.transport.close()

    def _evict(self) -> None:
        """Close the connection that has been idle for longest: a full house must not keep a ring or a probe out."""
        idle = [each for each in self.connections if isinstance(each, Doorway) and not each.in_hand]
        if idle:
            oldest = min(idle, key=lambda each: each._idle_since)
            self.connections.discard(oldest)
            oldest.transport.abort()

    def _say(self, status: HTTPStatus, message: str) -> None:
        body = text(message)
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


def doorway(limits: ServerLimits) -> type[Doorway]:
    """Return the protocol with these limits; uvicorn makes the instances."""
    return type("Doorway", (Doorway,), {"limits": limits})
