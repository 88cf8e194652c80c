"""A response that sends a file in large blocks, each with one switch to a thread and one send."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from processor.local.storage_api.ranges import ByteRange

# The FileResponse of Starlette reads 64 KiB at a time, which is several times slower.
_BLOCK_BYTES = 1 << 20


class FileResponse(Response):
    """The content of an open file, or a range of it. The descriptor is closed at the end."""

    def __init__(self, descriptor: int, size: int, byte_range: ByteRange | None, headers: Mapping[str, str]) -> None:
        super().__init__(status_code=206 if byte_range else 200, headers=dict(headers))
        self._descriptor = descriptor
        self._start = byte_range.start if byte_range else 0
        self._stop = byte_range.stop if byte_range else size
        self.headers["content-length"] = str(self._stop - self._start)
        if byte_range:
            self.headers["content-range"] = byte_range.content_range()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; stop early when the client disconnects."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD" or self._start == self._stop:
                await send({"type": "http.response.body", "body": b""})
                return
            disconnect = asyncio.create_task(_wait_for_disconnect(receive))
            try:
                await self._send_blocks(send, disconnect)
            finally:
                disconnect.cancel()
        finally:
            os.close(self._descriptor)

    async def _send_blocks(self, send: Send, disconnect: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        position = self._start
        while position < self._stop and not disconnect.done():
            length = min(_BLOCK_BYTES, self._stop - position)
            block = await loop.run_in_executor(None, os.pread, self._descriptor, length, position)
            if not block:
                # Closes the connection, so that the client does not take a truncated file for a complete one.
                raise EOFError("the file is shorter than when it was opened")
            position += len(block)
            await send({"type": "http.response.body", "body": block, "more_body": position < self._stop})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
