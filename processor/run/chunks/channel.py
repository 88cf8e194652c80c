"""A bounded queue between two threads that either of them can close."""

import threading
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

# How often a thread that waits looks whether the channel has been closed.
LOOK_SECONDS = 0.2


class ChannelClosed(Exception):
    """The other side has closed the channel."""


def nothing() -> None:
    """Do nothing."""


class Channel(Generic[T]):
    """Holds at most `depth` items."""

    def __init__(self, depth: int = 1) -> None:
        self._queue: Queue[T] = Queue(depth)
        self._closed = threading.Event()

    def put(self, item: T) -> bool:
        """Add an item when there is room; return False once the channel is closed."""
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=LOOK_SECONDS)
            except Full:
                continue
            return True
        return False

    def get(self, check: Callable[[], None] = nothing) -> T:
        """Take the next item; `check` is called while there is none.

        Raises: ChannelClosed; what `check` raises.
        """
        while not self._closed.is_set():
            try:
                return self._queue.get(timeout=LOOK_SECONDS)
            except Empty:
                check()
        raise ChannelClosed

    def close(self) -> None:
        """Wake both sides; items that are still in the channel are dropped."""
        self._closed.set()
