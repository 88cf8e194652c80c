"""How the worker tells a running attempt to stop: release the job, or write nothing more."""

import threading
from dataclasses import dataclass

from processor.errors import LeaseLost


class StopRequested(Exception):
    """The processor shuts down. The current chunk was committed or cancelled; the job is to be released."""


@dataclass(frozen=True, slots=True)
class StopSignal:
    """Two events: `shutdown` asks to release the job, `lease_lost` says that the lease no longer holds."""

    shutdown: threading.Event
    lease_lost: threading.Event

    def check(self) -> None:
        """Return when the attempt may go on.

        Raises: LeaseLost, StopRequested.
        """
        if self.lease_lost.is_set():
            raise LeaseLost("the lease on this job is over")
        if self.shutdown.is_set():
            raise StopRequested
