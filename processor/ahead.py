"""Run a generator in a thread of its own, a few items ahead of its consumer."""

import threading
from collections.abc import Callable, Generator, Iterable
from contextvars import copy_context
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")

# How often a producer with a full queue looks whether its consumer has gone.
POLL_SECONDS = 0.2


class End:
    """The producer's last word: the exception it ended with, or None."""

    def __init__(self, exc: BaseException | None = None) -> None:
        self.exc = exc


def nothing() -> None:
    """Do nothing: the check of a consumer that never has to stop."""


def ahead(items: Iterable[T], depth: int = 1, check: Callable[[], None] = nothing) -> Generator[T]:
    """Yield the items of a generator that runs in a thread; at most `depth` items wait.

    Raises: what the generator raises, in its turn; what `check` raises, which is asked while nothing comes. A consumer that
    stops early ends the thread, too.
    """
    queue: Queue[T | End] = Queue(depth)
    gone = threading.Event()

    def offer(item: T | End) -> bool:
        while not gone.is_set():
            try:
                queue.put(item, timeout=POLL_SECONDS)
            except Full:
                continue
            return True
        return False

    def produce() -> None:
        end = End()
        try:
            for item in items:
                if not offer(item):
                    return
        except BaseException as exc:  # noqa: BLE001 - handed to the consumer, which raises it
            end = End(exc)
        offer(end)

    thread = threading.Thread(target=copy_context().run, args=(produce,), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = queue.get(timeout=POLL_SECONDS * 5)
            except Empty:
                check()
                continue
            if isinstance(item, End):
                if item.exc is not None:
                    raise item.exc
                return
            yield item
    finally:
        gone.set()
        thread.join()
