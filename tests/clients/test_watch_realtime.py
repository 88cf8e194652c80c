"""The TypeScript client follows a job by Realtime, here by a server that speaks the little that this takes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.clients.client_stack import ClientStack
from tests.clients.typescript_package import build

INTERVAL = 0.2


class Realtime:
    """Accepts whoever joins, and then sends the event progress again and again; `joined` has the messages that join."""

    def __init__(self) -> None:
        self.joined: list[list[Any]] = []
        self.server: Server = serve(self.answer, "127.0.0.1", 0)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}/realtime/v1"

    def answer(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for text in connection:
                reference, number, topic, event, payload = message = json.loads(text)
                accepted: list[Any] = [reference, number, topic, "phx_reply", {"status": "ok", "response": {}}]
                connection.send(json.dumps(accepted))
                if event == "phx_join":
                    self.joined.append(message)
                    threading.Thread(target=self.ring, args=(connection, topic), daemon=True).start()
                assert payload is not None

    def ring(self, connection: ServerConnection, topic: str) -> None:
        message = {"type": "broadcast", "event": "progress", "payload": {"status": "running"}}
        with suppress(ConnectionClosed):
            while True:
                connection.send(json.dumps([None, None, topic, "broadcast", message]))
                time.sleep(INTERVAL)


@pytest.fixture
def realtime() -> Iterator[Realtime]:
    running = Realtime()
    yield running
    running.server.shutdown()


def test_message_makes_a_watch_ask_at_once(client_stack: ClientStack, realtime: Realtime) -> None:
    build()
    result = client_stack.node("watch_realtime.mjs", EMAIL=client_stack.email(), REALTIME_URL=realtime.url)
    assert sorted(result["seen"]) == ["cancelled", "cancelled", "pending", "pending"]
    assert result["seconds"] < 30
    # Two watches share one channel, which is left when both have ended.
    (joined,) = realtime.joined
    assert joined[2] == f"realtime:import-jobs:{result['owner']}"
    assert joined[4]["config"]["private"] is True
    assert joined[4]["access_token"]
    assert result["left"] == 0
