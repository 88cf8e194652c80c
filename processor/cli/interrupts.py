"""Ctrl-C, also where a library makes another error of it."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Generator[None]:
    """Raise KeyboardInterrupt out of the block after Ctrl-C, whatever exception a library has made of it.

    A Ctrl-C while pydantic builds a model, as it does when `supabase` is imported, leaves pydantic as a SchemaError
    that has the interrupt only in its text.
    Raises: KeyboardInterrupt, and what the block raises without a Ctrl-C.
    """
    arrived = False
    previous = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal arrived
        arrived = True
        if callable(previous):
            previous(number, frame)

    if callable(previous):  # not where the signal is ignored, as after nohup
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Exception as exc:
        if arrived:
            raise KeyboardInterrupt from exc
        raise
    finally:
        signal.signal(signal.SIGINT, previous)
