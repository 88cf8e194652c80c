"""How programs end on a signal: with an event for those that wait, with KeyboardInterrupt for those that run."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from processor.errors import UserError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130  # what a shell reports for a program that SIGINT ended


@contextmanager
def stop_event() -> Generator[threading.Event]:
    """Yield an event that SIGINT, SIGTERM and SIGHUP set instead of interrupting the main thread."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    previous = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield stopping
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def run_script(main: Callable[[], int]) -> NoReturn:
    """Run `main` and exit with the status it returns, 1 after a UserError, or 130 after a stop signal.

    SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in `main`, so that it stops what it started. A UserError is
    printed in one line.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as after nohup
            signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_INTERRUPTED)  # without waiting for threads that are still blocked
