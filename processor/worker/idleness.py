"""Idleness: decides that a processor may end, because nothing is left to do (`serve --exit-when-idle`)."""

import threading

import psycopg

from processor.log import event
from processor.queue.sweep import work_is_left
from processor.worker.interval import Interval


class Idleness:
    """Sets `over` once it was quiet for `seconds` and nothing is left to do; never if `seconds` is None."""

    def __init__(self, seconds: float | None, over: threading.Event) -> None:
        self._seconds, self._over = seconds, over
        self._quiet = Interval(seconds or 0.0)
        self._quiet.restart()

    @property
    def due(self) -> bool:
        """Whether it was quiet long enough to ask the database."""
        return self._seconds is not None and self._quiet.left <= 0

    def disturb(self) -> None:
        """Begin to wait anew, because a job came, ran or ended."""
        self._quiet.restart()

    def decide(self, conn: psycopg.Connection) -> bool:
        """Ask the database whether anything is left; return whether the processor may end.

        Raises: psycopg.Error.
        """
        if self._seconds is None or work_is_left(conn, self._seconds):
            self.disturb()
            return False
        event("worker_idle", seconds=self._seconds)
        self._over.set()
        return True
