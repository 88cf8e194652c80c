"""A blocking query whose result all requests share for a while, because any client can trigger it."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from anyio import to_thread

T = TypeVar("T")
# How long a request waits for the answer.
WAIT_SECONDS = 2.0


class CachedProbe(Generic[T]):
    """The result of `probe`, at most `fresh_seconds` old, or `default` when it does not arrive in time.

    `probe` runs in a thread and must not raise. Only one call runs at a time, so a call that never returns costs one
    thread and not one per client.
    """

    def __init__(self, probe: Callable[[], T], fresh_seconds: float, default: T) -> None:
        self._probe, self._fresh_seconds, self._default = probe, fresh_seconds, default
        self._result, self._finished_at = default, float("-inf")
        self._running: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """Return the result."""
        if self._running is None:
            if time.monotonic() - self._finished_at < self._fresh_seconds:
                return self._result
            self._running = asyncio.create_task(self._run())
        try:
            return await asyncio.wait_for(asyncio.shield(self._running), WAIT_SECONDS)
        except TimeoutError:
            return self._default

    async def _run(self) -> T:
        try:
            self._result = await to_thread.run_sync(self._probe, abandon_on_cancel=True)
        finally:
            self._finished_at, self._running = time.monotonic(), None
        return self._result
