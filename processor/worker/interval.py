"""A timer for what the dispatcher does at intervals."""

import time


class Interval:
    """Is due at once, and then `seconds` after it was last done."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    @property
    def left(self) -> float:
        """The seconds until it is due; not positive when it is."""
        return self._next - time.monotonic()

    def restart(self, seconds: float | None = None) -> None:
        """Be due again after the interval, or after `seconds`."""
        self._next = time.monotonic() + (self._seconds if seconds is None else seconds)
