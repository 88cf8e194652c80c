"""Run a generator in a thread of its own, a few items ahead of its consumer."""

import threading
from collections.abc import Callable, Generator, Iterable
from contextvars import copy_context
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

# How often a producer with a full queue looks whether its consumer has gone.
FULL_SECONDS = 0.2
# How often a consumer with an empty queue asks whether it is to stop.
EMPTY_SECONDS = 1.0


class End:
    """The producer's last word: the exception it ended with, or None."""

    def __init__(self, exc: BaseException | None = None) -> None:
        self.exc = exc


class Producer(Generic[T]):
    """Puts the items of a generator into a queue until they end or the consumer has gone."""

    def __init__(self, items: Iterable[T], depth: int) -> None:
        self.queue: Queue[T | End] = Queue(depth)
        self.gone = threading.Event()
        self._items = items

    def run(self) -> None:
        """Produce; the last item is an End."""
        end = End()
        try:
            for item in self._items:
                if not self._offered(item):
                    return
        except BaseException as exc:  # noqa: BLE001 - handed to the consumer, which raises it
            end = End(exc)
        self._offered(end)

    def _offered(self, item: T | End) -> bool:
        while not self.gone.is_set():
            try:
                self.queue.put(item, timeout=FULL_SECONDS)
            except Full:
                continue
            return True
        return False


def nothing() -> None:
    """Do nothing: the check of a consumer that never has to stop."""


def ahead(items: Iterable[T], depth: int = 1, check: Callable[[], None] = nothing) -> Generator[T]:
    """Yield the items of a generator that runs in a thread; at most `depth` items wait.

    Raises: what the generator raises, in its turn; what `check` raises, which is asked while nothing comes. A consumer
    that stops early ends the thread, too, with the item it is at; nobody waits for that, since Storage may be stuck.
    """
    producer = Producer(items, depth)
    thread = threading.Thread(target=copy_context().run, args=(producer.run,), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = producer.queue.get(timeout=EMPTY_SECONDS)
            except Empty:
                check()
                continue
            if isinstance(item, End):
                if item.exc is not None:
                    raise item.exc
                return
            yield item
    finally:
        producer.gone.set()
        thread.join(FULL_SECONDS)
