"""The bell: tells the dispatcher when to look for jobs."""

import threading

# When to look after a ring: at once, and again for jobs whose insert was committed later and did not ring, because the
# database sends a notification every 20 ms at most. The pauses are between the looks.
PAUSES = (0.05, 0.2, 0.75)


class Bell:
    """After a ring there are several looks: at once, 50 ms later, and later still. Any thread may ring."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._looks = len(PAUSES)
        self._lock = threading.Lock()
        self._ring: int | None = None
        self._announced = True

    def ring(self, number: int | None = None) -> None:
        """Ask for looks; `number` is that of a ring from the database, which is to be noted."""
        with self._lock:
            if number is not None:
                self._ring = max(number, self._ring or 0)
            self._announced = True
        self._looks = 0
        self._rung.set()

    def wake(self) -> None:
        """Ask for one look, because an import has ended: only imports can be waiting for that."""
        self._rung.set()

    def take_announced(self) -> bool:
        """Return whether there was a ring since the last call, so that work of any kind may be due."""
        with self._lock:  # a ring between reading and writing would be forgotten
            announced, self._announced = self._announced, False
        return announced

    def take_number(self) -> int | None:
        """Return the highest number since the last call, None if there was none."""
        with self._lock:
            number, self._ring = self._ring, None
        return number

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most `seconds`; return whether there was one, or whether a further look is due."""
        looks = self._looks
        pause = PAUSES[looks] if looks < len(PAUSES) else seconds
        if self._rung.wait(min(seconds, pause)):
            self._rung.clear()
            return True
        if pause <= seconds and looks == self._looks < len(PAUSES):
            self._looks += 1
            return True
        return False
