"""One request at a time for each upload. A newer request asks the older to stop, which may be a dead connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from processor.local.storage_api.errors import StorageError

# How long the real server waits for the older request.
_WAIT_SECONDS = 5.0


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    wanted: asyncio.Event = field(default_factory=asyncio.Event)


class Locks:
    """The locks of the uploads that requests work on now."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    @asynccontextmanager
    async def hold(self, version: str) -> AsyncGenerator[asyncio.Event]:
        """Hold the lock of an upload; the event is set when another request wants it.

        Raises: StorageError when the older request does not stop in time.
        """
        entry = self._entries.setdefault(version, _Entry())
        entry.waiting += 1
        entry.wanted.set()
        try:
            await asyncio.wait_for(entry.lock.acquire(), _WAIT_SECONDS)
        except TimeoutError as error:
            raise StorageError(503, "acquiring_lock_timeout", "acquiring lock timeout") from error
        finally:
            entry.waiting -= 1
            if not entry.waiting and not entry.lock.locked():
                self._entries.pop(version, None)
        entry.wanted = asyncio.Event()
        if entry.waiting:
            entry.wanted.set()
        try:
            yield entry.wanted
        finally:
            entry.lock.release()
            if not entry.waiting:
                self._entries.pop(version, None)
