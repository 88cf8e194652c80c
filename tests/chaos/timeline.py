"""What was done when: every fault and every act of a client, for whoever has to understand a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path


class Timeline:
    """Notes lines with the seconds since the start, in a file too, so that a crash of the run keeps them."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.file = file
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self.faults = 0

    def begin(self) -> None:
        """Count the seconds from now."""
        self._start = self._clock()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def note(self, what: str) -> None:
        """Add a line."""
        with self._lock, self.file.open("a", encoding="utf-8") as out:
            print(f"{self.seconds:8.2f}  {what}", file=out)

    def fault(self, what: str) -> None:
        """Add a line about a fault, and count it."""
        self.faults += 1
        self.note(what)
