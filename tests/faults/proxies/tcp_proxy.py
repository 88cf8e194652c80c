"""A TCP proxy that resets connections, freezes them half-open, or turns new ones away."""

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
# Linger on, for 0 seconds: close() sends RST and throws away what was not sent yet.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """Pass bytes between 127.0.0.1:`port` and the target, from a thread of its own.

    All calls come back when they have taken effect; those of bytes that the kernel holds already may still arrive.
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
        self._server = self._do(asyncio.start_server(self._connected, sock=self._socket))

    def stop(self) -> None:
        """Close the port and reset every connection; only after start()."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> int:
        """Answer both sides of every open connection with RST; return how many there were."""
        return self._do(self._reset())

    def freeze(self) -> None:
        """Let no byte pass, on old and new connections alike, and keep the sockets open."""
        self._do(self._set_mode("frozen"))

    def refuse(self) -> None:
        """Reset new connections at once, as if nothing listened; old ones go on."""
        self._do(self._set_mode("refusing"))

    def resume(self) -> None:
        """Pass everything again, what was held back first."""
        self._do(self._set_mode("flowing"))

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def _do(self, what: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=30)

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
        # The transports close their sockets, which sends the RST, in the loop's next round.
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
            await self._pass_on(client, writers)
        for writer in writers:
            writer.close()

    async def _pass_on(self, client: Stream, writers: list[asyncio.StreamWriter]) -> None:
        try:
            target = await asyncio.open_connection(*self._target)
            writers.append(target[1])
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(client[0], target[1]))
                pumps.create_task(self._pump(target[0], client[1]))
        except* OSError:
            # One side was reset, or the target is not there: so is the other side.
            for writer in writers:
                _abort(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK):
            await self._flowing.wait()
            writer.write(block)
            await writer.drain()
        await self._flowing.wait()
        # Half-closed only: the other direction may have more to say.
        writer.write_eof()


def _abort(writer: asyncio.StreamWriter) -> None:
    # The side that was reset has closed its socket by itself (EBADF).
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


def _main(listen_port: str, target_port: str, control_port: str = "0") -> None:
    proxy = TcpProxy(int(target_port), int(listen_port))

    def state(_: object = None) -> dict[str, object]:
        return {"mode": proxy.mode, "connections": proxy.connections}

    server = control.ControlServer(
        {
            "GET /": state,
            "POST /reset": lambda _: {"reset": proxy.reset()},
            "POST /freeze": lambda _: proxy.freeze() or state(),
            "POST /refuse": lambda _: proxy.refuse() or state(),
            "POST /resume": lambda _: proxy.resume() or state(),
        },
        int(control_port),
    )

    def start() -> str:
        proxy.start()
        server.start()
        return f"ready port={proxy.port} control={server.port}"

    def stop() -> None:
        server.stop()
        proxy.stop()

    control.run(start, stop)


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit("usage: python -m tests.faults.proxies.tcp_proxy LISTEN_PORT TARGET_PORT [CONTROL_PORT]")
    _main(*sys.argv[1:])
