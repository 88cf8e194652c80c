"""The bell: tells the dispatcher when to look for jobs."""

import threading

# A job whose insert commits at the moment of the first look is found by the second.
AGAIN_SECONDS = 0.05


class Bell:
    """After a ring there are two looks, one at once and another one 50 ms later. Any thread may ring."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._again = False
        self._lock = threading.Lock()
        self._ring: int | None = None

    def ring(self, number: int | None = None) -> None:
        """Ask for two looks; `number` is that of a ring from the database, which is to be noted."""
        with self._lock:
            if number is not None:
                self._ring = max(number, self._ring or 0)
        self._again = True
        self._rung.set()

    def wake(self) -> None:
        """Ask for one look."""
        self._rung.set()

    def take_number(self) -> int | None:
        """Return the highest number since the last call, None if there was none."""
        with self._lock:
            number, self._ring = self._ring, None
        return number

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most `seconds`; return whether there was one, or whether its second look is due."""
        again, self._again = self._again, False
        if self._rung.wait(min(seconds, AGAIN_SECONDS) if again else seconds):
            self._rung.clear()
            self._again = self._again or again  # a wake before the second look does not replace it
            return True
        return again
