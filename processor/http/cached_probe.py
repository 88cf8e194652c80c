"""A blocking question to the database on behalf of clients that have no password: asked rarely, and once for all."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from anyio import to_thread

T = TypeVar("T")
# How long whoever needs the answer waits for it.
PATIENCE_SECONDS = 2.0


class CachedProbe(Generic[T]):
    """The answer of `ask`, which must not raise, no older than `fresh_seconds`; `otherwise` when none comes in time.

    One question is under way at a time. One that never returns costs one thread, not one for each client.
    """

    def __init__(self, ask: Callable[[], T], fresh_seconds: float, otherwise: T) -> None:
        self._ask, self._fresh_seconds, self._otherwise = ask, fresh_seconds, otherwise
        self._answer, self._answered_at = otherwise, float("-inf")
        self._asking: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """Return the answer."""
        if self._asking is None:
            if time.monotonic() - self._answered_at < self._fresh_seconds:
                return self._answer
            self._asking = asyncio.create_task(self._note())
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), PATIENCE_SECONDS)
        except TimeoutError:
            return self._otherwise

    async def _note(self) -> T:
        try:
            self._answer = await to_thread.run_sync(self._ask, abandon_on_cancel=True)
        finally:
            self._answered_at, self._asking = time.monotonic(), None
        return self._answer
