"""Reads request bodies: small ones as JSON objects, large ones in batches, so that memory stays bounded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

from starlette.requests import ClientDisconnect, Request

from processor.local.storage_api.errors import invalid_request

# Each batch is handed to a thread. With the pieces of 64 KiB that arrive, switching threads costs more than writing.
_BATCH_BYTES = 1 << 20
_MAX_JSON_BYTES = 1 << 20


class BodyStream:
    """A body that is read in batches. After an error the rest can be drained, so that the client reads the response."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._ended = False
        self._pending: list[bytes] = []

    async def batches(self) -> AsyncIterator[bytes]:
        """Yield the body in batches of about 1 MiB.

        Raises: ClientDisconnect when the client disconnects before the end.
        """
        size = 0
        while not self._ended:
            chunk = await self._next()
            self._pending.append(chunk)
            size += len(chunk)
            if size >= _BATCH_BYTES:
                yield self.take_rest()
                size = 0
        if size:
            yield self.take_rest()

    def take_rest(self) -> bytes:
        """Return what was received and not yielded yet, for a body that broke off."""
        rest = b"".join(self._pending)
        self._pending.clear()
        return rest

    async def drain(self) -> None:
        """Read the rest of the body and discard it."""
        while not self._ended:
            await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            raise ClientDisconnect
        self._ended = not message.get("more_body", False)
        return cast("bytes", message.get("body", b""))


class JsonBody:
    """A JSON object with accessors that check the types of its properties."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """Return a required string.

        Raises: StorageError when it is missing.
        """
        if name not in self._values:
            raise invalid_request(f"body must have required property '{name}'")
        return str(self._values[name])

    def text_or(self, name: str, default: str) -> str:
        """Return a string, or the default when it is missing or null."""
        value = self._values.get(name)
        return default if value is None else str(value)

    def integer(self, name: str) -> int:
        """Return a required integer; like the real server it accepts an integer in quotes.

        Raises: StorageError when it is missing or not an integer of four bytes.
        """
        try:
            value = int(self.text(name))
        except ValueError as error:
            raise invalid_request(f"body/{name} must be integer") from error
        if abs(value) >= 1 << 31:
            raise invalid_request(f"body/{name} must be <= {(1 << 31) - 1}")
        return value

    def integer_or(self, name: str, default: int) -> int:
        """Return an integer, or the default when it is missing or null."""
        return default if self._values.get(name) is None else self.integer(name)

    def flag(self, name: str) -> bool:
        """Return a boolean; a missing one is false."""
        return self._values.get(name) in (True, "true", 1)

    def texts(self, name: str) -> list[str]:
        """Return a required list of strings.

        Raises: StorageError when it is missing or not a list.
        """
        self.text(name)
        values = self._values[name]
        if not isinstance(values, list):
            raise invalid_request(f"body/{name} must be array")
        return [str(value) for value in cast("list[object]", values)]

    def inner(self, name: str) -> JsonBody:
        """Return a nested object; a missing one is empty."""
        value = self._values.get(name)
        return JsonBody(cast("dict[str, object]", value) if isinstance(value, dict) else {})


async def read_json(request: Request) -> JsonBody:
    """Return a body as a JSON object; an empty body is an empty object.

    Raises: StorageError when the body is larger than 1 MiB or not a JSON object.
    """
    raw = bytearray()
    async for batch in BodyStream(request).batches():
        raw += batch
        if len(raw) > _MAX_JSON_BYTES:
            raise invalid_request("Request body is too large", error="FST_ERR_CTP_BODY_TOO_LARGE")
    if not raw:
        return JsonBody({})
    try:
        document = cast("object", json.loads(raw))
    except ValueError as error:
        raise invalid_request("Body is not valid JSON", error="SyntaxError") from error
    if not isinstance(document, dict):
        raise invalid_request("body must be object")
    return JsonBody(cast("dict[str, object]", document))
