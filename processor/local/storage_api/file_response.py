"""A file as a response, read in large blocks: per block one hop to a thread and one send."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from processor.local.storage_api.ranges import ByteRange

# Starlette's own FileResponse reads 64 KiB a hop, which is several times slower.
_BLOCK_BYTES = 1 << 20


class FileResponse(Response):
    """The bytes of an open file, or a range of them; closes the descriptor in the end."""

    def __init__(self, descriptor: int, size: int, wanted: ByteRange | None, headers: Mapping[str, str]) -> None:
        super().__init__(status_code=206 if wanted else 200, headers=dict(headers))
        self._descriptor = descriptor
        self._start = wanted.start if wanted else 0
        self._stop = wanted.stop if wanted else size
        self.headers["content-length"] = str(self._stop - self._start)
        if wanted:
            self.headers["content-range"] = wanted.content_range()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, and stop early when the client has gone."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD" or self._start == self._stop:
                await send({"type": "http.response.body", "body": b""})
                return
            gone = asyncio.create_task(_disconnected(receive))
            try:
                await self._send_blocks(send, gone)
            finally:
                gone.cancel()
        finally:
            os.close(self._descriptor)

    async def _send_blocks(self, send: Send, gone: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        at = self._start
        while at < self._stop and not gone.done():
            length = min(_BLOCK_BYTES, self._stop - at)
            block = await loop.run_in_executor(None, os.pread, self._descriptor, length, at)
            if not block:
                raise EOFError("the file is shorter than it was")  # closes the connection: no silent cut
            at += len(block)
            await send({"type": "http.response.body", "body": block, "more_body": at < self._stop})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
