"""Request bodies: small ones as checked JSON, large ones in batches that never add up in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

from starlette.requests import ClientDisconnect, Request

from processor.local.storage_api.errors import invalid_request

# One hop to a thread per batch: at 64 KiB, as they arrive, the hops cost more than the writes.
_BATCH_BYTES = 1 << 20
_MAX_JSON_BYTES = 1 << 20


class Stream:
    """A body read in batches; what a refusal left unread can be drained, so that the client sees the answer."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._ended = False

    async def batches(self) -> AsyncIterator[bytes]:
        """Yield the body, about a mebibyte at a time; raises ClientDisconnect where it breaks off."""
        pending: list[bytes] = []
        size = 0
        while not self._ended:
            chunk = await self._next()
            pending.append(chunk)
            size += len(chunk)
            if size >= _BATCH_BYTES:
                yield b"".join(pending)
                pending, size = [], 0
        if size:
            yield b"".join(pending)

    async def drain(self) -> None:
        """Read the rest and forget it."""
        while not self._ended:
            await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            raise ClientDisconnect
        self._ended = not message.get("more_body", False)
        return cast("bytes", message.get("body", b""))


class Json:
    """A JSON object whose properties are asked for by type."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        if name not in self._values:
            raise invalid_request(f"body must have required property '{name}'")
        return str(self._values[name])

    def text_or(self, name: str, default: str) -> str:
        """Return a text, or the default where it is absent or null."""
        value = self._values.get(name)
        return default if value is None else str(value)

    def whole(self, name: str) -> int:
        """Return a whole number that must be there; numbers in quotes count, as for the real server."""
        try:
            return int(self.text(name))
        except ValueError as error:
            raise invalid_request(f"body/{name} must be integer") from error

    def whole_or(self, name: str, default: int) -> int:
        """Return a whole number, or the default where it is absent or null."""
        return default if self._values.get(name) is None else self.whole(name)

    def flag(self, name: str) -> bool:
        """Return a boolean, false where it is absent."""
        return self._values.get(name) in (True, "true", 1)

    def texts(self, name: str) -> list[str]:
        """Return a list of texts that must be there."""
        self.text(name)
        values = self._values[name]
        if not isinstance(values, list):
            raise invalid_request(f"body/{name} must be array")
        return [str(value) for value in cast("list[object]", values)]

    def inner(self, name: str) -> Json:
        """Return an object inside this one, an empty one where it is absent."""
        value = self._values.get(name)
        return Json(cast("dict[str, object]", value) if isinstance(value, dict) else {})


async def read_json(request: Request) -> Json:
    """Read a body as a JSON object; an empty body is an empty object."""
    raw = bytearray()
    async for batch in Stream(request).batches():
        raw += batch
        if len(raw) > _MAX_JSON_BYTES:
            raise invalid_request("Request body is too large", error="FST_ERR_CTP_BODY_TOO_LARGE")
    if not raw:
        return Json({})
    try:
        document = cast("object", json.loads(raw))
    except ValueError as error:
        raise invalid_request("Body is not valid JSON", error="SyntaxError") from error
    if not isinstance(document, dict):
        raise invalid_request("body must be object")
    return Json(cast("dict[str, object]", document))
