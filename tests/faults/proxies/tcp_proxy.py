"""A TCP proxy that resets connections, freezes them, or refuses new ones on request."""

import asyncio
import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Coroutine
from typing import Literal, TypeVar

from tests.faults.proxies import control

T = TypeVar("T")
Mode = Literal["flowing", "frozen", "refusing"]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BLOCK = 256 * 1024
# With a linger time of 0 seconds close() sends RST and discards unsent bytes.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """Forwards bytes between 127.0.0.1:`port` and the target, in a thread of its own.

    Every method returns when it has taken effect. Bytes that the kernel has accepted before may still arrive.
    """

    def __init__(self, target_port: int, port: int = 0, target_host: str = "127.0.0.1") -> None:
        self._target = (target_host, target_port)
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.mode: Mode = "flowing"
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)

    def start(self) -> None:
        """Accept connections from now on."""
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._connected, sock=self._socket))

    def stop(self) -> None:
        """Close the port and reset every connection. Call it after start() only."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> int:
        """Send RST to both sides of every open connection; return the number of connections."""
        return self._run(self._reset())

    def freeze(self) -> None:
        """Forward nothing, on old and new connections alike, but keep the sockets open."""
        self._run(self._set_mode("frozen"))

    def refuse(self) -> None:
        """Reset new connections at once, as if nothing listened; open connections continue."""
        self._run(self._set_mode("refusing"))

    def resume(self) -> None:
        """Forward everything again, starting with the bytes that were held back."""
        self._run(self._set_mode("flowing"))

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._open)

    def _run(self, coroutine: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    async def _set_mode(self, mode: Mode) -> None:
        self.mode = mode
        if mode == "frozen":
            self._flowing.clear()
        else:
            self._flowing.set()

    async def _close(self) -> None:
        self._server.close()
        await self._reset()

    async def _reset(self) -> int:
        tasks = list(self._open)
        for task in tasks:
            for writer in self._open[task]:
                _abort(writer)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The transports close their sockets, which sends the RST, in the next iteration of the loop.
        await asyncio.sleep(0)
        return len(tasks)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "refusing":
            _abort(writer)
            return
        writers = [writer]
        task = self._loop.create_task(self._serve((reader, writer), writers))
        self._open[task] = writers
        task.add_done_callback(self._open.pop)

    async def _serve(self, client: Stream, writers: list[asyncio.StreamWriter]) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await self._forward(client, writers)
        for writer in writers:
            writer.close()

    async def _forward(self, client: Stream, writers: list[asyncio.StreamWriter]) -> None:
        try:
            target = await asyncio.open_connection(*self._target)
            writers.append(target[1])
            async with asyncio.TaskGroup() as directions:
                directions.create_task(self._copy(client[0], target[1]))
                directions.create_task(self._copy(target[0], client[1]))
        except* OSError:
            # One side was reset, or the target does not listen: reset the other side as well.
            for writer in writers:
                _abort(writer)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK):
            await self._flowing.wait()
            writer.write(block)
            await writer.drain()
        await self._flowing.wait()
        # Close this direction only: the other one may still carry bytes.
        writer.write_eof()


def _abort(writer: asyncio.StreamWriter) -> None:
    # The socket of a side that was reset is closed already (EBADF).
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


def _main(listen_port: str, target_port: str, control_port: str = "0") -> None:
    proxy = TcpProxy(int(target_port), int(listen_port))

    def state(_: object = None) -> dict[str, object]:
        return {"mode": proxy.mode, "connections": proxy.connections}

    actions: dict[str, control.Action] = {
        "GET /": state,
        "POST /reset": lambda _: {"reset": proxy.reset()},
        "POST /freeze": lambda _: proxy.freeze() or state(),
        "POST /refuse": lambda _: proxy.refuse() or state(),
        "POST /resume": lambda _: proxy.resume() or state(),
    }
    control.serve(proxy, actions, int(control_port))


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit("usage: python -m tests.faults.proxies.tcp_proxy LISTEN_PORT TARGET_PORT [CONTROL_PORT]")
    _main(*sys.argv[1:])
