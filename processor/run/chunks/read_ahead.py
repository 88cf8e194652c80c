"""Run a generator in a thread of its own, a few items ahead of its consumer."""

import threading
from collections.abc import Callable, Generator, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from processor.run.chunks.channel import LOOK_SECONDS, Channel, nothing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class End:
    """The last item of a producer: the exception with which it ended, or None."""

    error: BaseException | None = None


def read_ahead(items: Iterable[T], depth: int = 1, check: Callable[[], None] = nothing) -> Generator[T]:
    """Yield the items of a generator that runs in a thread; at most `depth` items wait.

    A consumer that stops early ends the thread at its next item. Nobody waits for that, since Storage may hang.
    Raises: what the generator raises, after the items before it; what `check` raises, which is called while no item
    comes.
    """
    channel: Channel[T | End] = Channel(depth)
    thread = threading.Thread(
        target=copy_context().run, args=(_produce, items, channel), name="read-ahead", daemon=True
    )
    thread.start()
    try:
        while not isinstance(item := channel.get(check), End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        channel.close()
        thread.join(LOOK_SECONDS)


def _produce(items: Iterable[T], channel: Channel[T | End]) -> None:
    end = End()
    try:
        for item in items:
            if not channel.put(item):
                return
    except BaseException as exc:  # noqa: BLE001 - handed to the consumer, which raises it
        end = End(exc)
    channel.put(end)
