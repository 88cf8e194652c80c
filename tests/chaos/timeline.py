"""The timeline of a run: every fault and every action of a client, to understand a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path


class Timeline:
    """Appends lines with the seconds since the start to a file, which survives a crash of the run."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.file = file
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self.faults = 0

    def begin(self) -> None:
        """Count the seconds from now on."""
        self._start = self._clock()

    @property
    def seconds(self) -> float:
        """The seconds since the start."""
        return self._clock() - self._start

    def note(self, text: str) -> None:
        """Append a line."""
        with self._lock, self.file.open("a", encoding="utf-8") as out:
            print(f"{self.seconds:8.2f}  {text}", file=out)

    def fault(self, text: str) -> None:
        """Append a line about a fault and count the fault."""
        self.faults += 1
        self.note(text)
