"""What the worker tells a running job: go on, give the job back, or write nothing more."""

import threading
from dataclasses import dataclass

from processor.errors import LeaseLost


class Stopped(Exception):
    """The processor is shutting down: the chunk in hand is in, or was cut short, and the job goes back."""


class Postponed(Stopped):
    """The job has to wait for another one: it goes back for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class StopSignal:
    """A lease in use: `stop` asks to give the job back, `lost` says that the lease is over."""

    stop: threading.Event
    lost: threading.Event

    def check(self) -> None:
        """Raise LeaseLost or Stopped when the job must not go on."""
        if self.lost.is_set():
            raise LeaseLost("the lease on this job is over")
        if self.stop.is_set():
            raise Stopped
