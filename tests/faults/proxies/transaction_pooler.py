"""A pooler that gives each transaction another connection of the server, as Supabase's port 6543 and PgBouncer do."""

import asyncio
import contextlib
import os
import socket
import struct
import threading
from dataclasses import dataclass, field

import psycopg

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
# Messages of a client that the server answers with ReadyForQuery: Query, Sync, FunctionCall.
ANSWERED = b"QSF"
SETTINGS = ("server_version", "server_encoding", "client_encoding", "DateStyle", "integer_datetimes")
IDLE = b"I"


def message(kind: bytes, body: bytes) -> bytes:
    """Return a message of the protocol."""
    return kind + struct.pack("!I", len(body) + 4) + body


@dataclass(slots=True, kw_only=True)
class Backend:
    """A connection of the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(slots=True, kw_only=True)
class Client:
    """A connection of a client. `pending` counts its messages whose answer is not complete."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    backend: Backend | None = None
    pending: int = 0
    answers: asyncio.Task[None] | None = field(default=None)


class TransactionPooler:
    """Serves clients on 127.0.0.1:`port`, without asking for a password, over `size` connections to `url`."""

    def __init__(self, url: str, size: int) -> None:
        self._connections = [psycopg.connect(url, autocommit=True) for _ in range(size)]
        info = self._connections[0].info
        self._settings = [(name, info.parameter_status(name) or "") for name in SETTINGS]
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._idle: asyncio.LifoQueue[Backend] = asyncio.LifoQueue()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pooler", daemon=True)

    def __enter__(self) -> "TransactionPooler":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._socket.close()
        for connection in self._connections:
            connection.close()

    async def _start(self) -> None:
        for connection in self._connections:
            duplicate = socket.socket(fileno=os.dup(connection.pgconn.socket))
            reader, writer = await asyncio.open_connection(sock=duplicate)
            self._idle.put_nowait(Backend(reader=reader, writer=writer))
        await asyncio.start_server(self._serve, sock=self._socket)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(reader=reader, writer=writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            if await self._greet(client):
                await self._forward(client)
        writer.close()

    async def _greet(self, client: Client) -> bool:
        """Answer the start of a connection; return whether it is one that executes statements."""
        while True:
            (length, code) = struct.unpack("!II", await client.reader.readexactly(8))
            await client.reader.readexactly(length - 8)
            if code == CANCEL_REQUEST:
                return False
            if code not in (SSL_REQUEST, GSS_REQUEST):
                break
            client.writer.write(b"N")
        client.writer.write(message(b"R", struct.pack("!I", 0)))
        for name, value in self._settings:
            client.writer.write(message(b"S", f"{name}\0{value}\0".encode()))
        client.writer.write(message(b"K", struct.pack("!II", id(client) & 0x7FFFFFFF, 0)))
        client.writer.write(message(b"Z", IDLE))
        return True

    async def _forward(self, client: Client) -> None:
        """Forward what the client sends; a connection of the server is lent for the length of a transaction."""
        while (kind := await client.reader.readexactly(1)) != b"X":
            (length,) = struct.unpack("!I", await client.reader.readexactly(4))
            body = await client.reader.readexactly(length - 4)
            if client.backend is None:
                client.backend = await self._idle.get()
                client.answers = asyncio.create_task(self._answer(client, client.backend))
            if kind in ANSWERED:
                client.pending += 1
            client.backend.writer.write(message(kind, body))
            await client.backend.writer.drain()

    async def _answer(self, client: Client, backend: Backend) -> None:
        """Forward what the server sends until the transaction has ended."""
        while True:
            kind = await backend.reader.readexactly(1)
            (length,) = struct.unpack("!I", await backend.reader.readexactly(4))
            body = await backend.reader.readexactly(length - 4)
            client.writer.write(message(kind, body))
            if kind == b"Z":
                client.pending -= 1
                if client.pending == 0 and body == IDLE:
                    break
        client.backend = None
        self._idle.put_nowait(backend)
