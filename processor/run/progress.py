"""What the loaders of one attempt have in common: the sums so far, the report, and whose turn it is."""

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from processor.flow import Change, Rejections
from processor.jobs import Tally
from processor.report import Report
from processor.run.rejections import check_count
from processor.run.sinks import Written
from processor.run.turns import Turns


class Room:
    """How many of a chunk's rejected rows the user is shown."""

    def __init__(self, lock: threading.Lock, progress: "Progress") -> None:
        self._lock, self._progress, self._taken = lock, progress, 0

    def take(self, rejected: int) -> int:
        """Take room for so many rows, as far as there is some; return for how many."""
        with self._lock:
            self._taken = min(rejected, self._progress.left)
            self._progress.left -= self._taken
        return self._taken

    def give_back(self) -> None:
        """Give back what was taken."""
        with self._lock:
            self._progress.left += self._taken


class Progress:
    """`tally` sums up all chunks that are in; `left` is how many rejected rows the user may still be shown.

    `cautious`: chunks under way at once have been in each other's way, so that from now on each waits for its turn.
    """

    def __init__(self, report: Report, tally: Tally, room: int, turns: Turns, options: dict[str, Any]) -> None:
        self.report, self.tally, self.left, self.turns, self._options = report, tally, room, turns, options
        self.cautious = False
        self._lock = threading.Lock()

    @contextmanager
    def room(self) -> Generator["Room"]:
        """Offer room for rejected rows; what was taken is given back when the chunk does not get in."""
        room = Room(self._lock, self)
        try:
            yield room
        except BaseException:
            room.give_back()
            raise

    def add(
        self,
        tally: Tally,
        loaded: pl.DataFrame,
        rejections: Rejections,
        changes: Sequence[Change],
        written: Written,
    ) -> None:
        """Take in a chunk that is in.

        Raises: TooManyRejected when the job takes no more.
        """
        with self._lock:
            self.tally = self.tally.plus(tally)
            with self.report.timed("report"):
                self.report.add(loaded, rejections, changes)
                self.report.pass_over(written.passed, written.repeated)
        check_count(self.tally, self._options)

    def skip(self, seq: int, tally: Tally) -> None:
        """Count a chunk that an earlier attempt has brought in."""
        with self._lock:
            self.tally = self.tally.plus(tally)
        self.turns.done(seq)
