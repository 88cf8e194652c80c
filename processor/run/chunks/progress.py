"""What the loaders of one attempt have in common: the sums so far, the report, and whose turn it is."""

import threading
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from processor.model import Change, Position, Rejections, RowCounts, Rows
from processor.report import Preview, Report, Row, is_worth_keeping, kept
from processor.run.chunks.order import ChunkOrder
from processor.run.chunks.rejections import check_count
from processor.run.sinks import Written

# How often the report's figures are kept for an attempt that resumes, which reads again what was loaded since then. It
# takes some milliseconds.
KEEP_SECONDS = 10.0


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
    `covered` are the numbers of the chunks that the report has taken in; `passed` says where those start that this
    attempt has passed over.
    """

    def __init__(
        self,
        report: Report,
        tally: RowCounts,
        room: int,
        turns: ChunkOrder,
        options: dict[str, Any],
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self.report, self.tally, self.left, self.turns, self._options = report, tally, room, turns, options
        self.cautious = False
        self.preview = Preview()
        self.covered: set[int] = set()
        self.passed: dict[int, Position] = {}
        self._kept, self._keep_seconds = time.monotonic(), keep_seconds
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

    def show(self, seq: int, rows: Sequence[Row], shown: list[dict[str, Any]] | None) -> None:
        """Take the first rows of a chunk into the preview; `shown` is what the job's row has of it now."""
        with self._lock:
            self.preview.put(seq, rows, shown)

    def add(
        self,
        seq: int,
        tally: RowCounts,
        loaded: Rows,
        rejections: Rejections,
        changes: Sequence[Change],
        written: Written,
    ) -> None:
        """Take in a chunk that is in.

        Raises: TooManyRejected when the job takes no more.
        """
        with self._lock:
            self.tally = self.tally.plus(tally)
            self.covered.add(seq)
            with self.report.timed("report"):
                self.report.add(loaded, rejections, changes)
                self.report.pass_over(written.passed, written.repeated)
        check_count(self.tally, self._options)

    def recall(self, seq: int, rows: Rows, changes: Sequence[Change], passed: int) -> None:
        """Take a chunk that an earlier attempt has brought in into the report; which rows repeated is not known now."""
        self.covered.add(seq)
        self.report.add(rows, Rejections(), changes)
        self.report.pass_over(passed, None if passed else 0)

    def figures(self) -> dict[str, Any] | None:
        """Return the report's figures when it is time to keep them, with the chunks that they cover."""
        with self._lock:
            if time.monotonic() - self._kept < self._keep_seconds or not is_worth_keeping(self.report):
                return None
            self._kept = time.monotonic()
            return kept(self.report) | {"chunks": ranges(self.covered)}

    def skip(self, position: Position, tally: RowCounts) -> None:
        """Count a chunk that an earlier attempt has brought in."""
        with self._lock:
            self.tally = self.tally.plus(tally)
            self.passed[position.seq] = position
        self.turns.done(position.seq)


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Write numbers as ranges, first and last."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
