"""Waits for a condition instead of for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# What anything in the tests may take on a busy machine before it counts as hanging.
DEADLINE = 40.0
_POLL_SECONDS = 0.02


def until(look: Callable[[], T], what: object = "", seconds: float = DEADLINE) -> T:
    """Return the first true value of `look`.

    `what` describes the condition in the message of the failure; it is called if it is callable.

    Raises: AssertionError when there is no true value within `seconds`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := look():
            return value
        time.sleep(_POLL_SECONDS)
    raise AssertionError(f"not reached within {seconds:g} s: {what() if callable(what) else what}")
