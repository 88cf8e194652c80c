"""What the loaders of one attempt share: the counts so far, the report and its preview, and the order of chunks."""

import threading
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from processor import metrics
from processor.model import Change, NoRows, Position, Rejections, RowCounts, Rows
from processor.report import Preview, Report, Row, is_worth_keeping, kept_figures
from processor.run.chunks.order import ChunkOrder
from processor.run.error_limit import check_error_limit

# How often the report's figures are kept for an attempt that resumes, which has to read again what was loaded since
# then. Keeping them takes some milliseconds.
KEEP_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenChunk:
    """A committed chunk: its rows in the target, its rejections, what normalisers changed, and its counts.

    `no_rows` counts those of its records that are no rows. `superseded` of the rows that the mode skipped have a key
    that comes again further down in the file.
    """

    seq: int
    rows: Rows
    rejections: Rejections
    changes: Sequence[Change]
    counts: RowCounts
    superseded: int = 0
    no_rows: NoRows = field(default_factory=NoRows)


class Reservation:
    """The number of a chunk's rejections that the job's owner will see, taken from what the job has left."""

    def __init__(self, lock: threading.Lock, progress: "Progress") -> None:
        self._lock, self._progress, self._taken = lock, progress, 0

    def take(self, rejections: int) -> int:
        """Reserve room for so many rejections, as far as there is some; return for how many."""
        with self._lock:
            self._taken = min(rejections, self._progress.visible_left)
            self._progress.visible_left -= self._taken
        return self._taken

    def undo(self) -> None:
        """Return what was taken."""
        with self._lock:
            self._progress.visible_left += self._taken


class Progress:
    """What has become of the chunks so far.

    `counts` adds up all committed chunks, those of earlier attempts included. `visible_left` is the number of
    rejections that the job's owner may still see. `one_at_a_time` says that chunks have met in a deadlock, so that each
    waits for its turn from now on. `waits` says that rows of chunks wait for the rows to which they refer. `reported`
    are the numbers of the chunks that the report covers; `earlier` gives the start of each chunk of an earlier attempt.
    """

    def __init__(
        self,
        report: Report,
        counts: RowCounts,
        visible_left: int,
        order: ChunkOrder,
        options: dict[str, Any],
        *,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self.report, self.counts, self.visible_left, self.order = report, counts, visible_left, order
        self._options = options
        self.one_at_a_time = False
        self.waits = False
        self.preview = Preview()
        self.reported: set[int] = set()
        self.earlier: dict[int, Position] = {}
        self._kept_at, self._keep_seconds = time.monotonic(), keep_seconds
        self._lock = threading.Lock()

    @contextmanager
    def reservation(self) -> Generator[Reservation]:
        """Offer room for visible rejections; it is returned when the chunk is not committed."""
        reservation = Reservation(self._lock, self)
        try:
            yield reservation
        except BaseException:
            reservation.undo()
            raise

    def show(self, seq: int, rows: Sequence[Row], preview: list[dict[str, Any]] | None) -> None:
        """Take the first rows of a chunk into the preview; `preview` is the one that the job's row has now."""
        with self._lock:
            self.preview.add(seq, rows, preview)

    def add(self, written: WrittenChunk) -> None:
        """Add a chunk that is committed.

        Raises: TooManyRejected when the job takes no more.
        """
        with self._lock:
            self.counts += written.counts
            self.reported.add(written.seq)
            with self.report.timed("report"):
                self.report.add(written.rows, written.rejections, written.changes)
                self.report.skip(written.counts.skipped_by_mode, written.superseded)
                self.report.count_no_rows(written.no_rows)
        count(written.counts, written.rejections)
        check_error_limit(self.counts, self._options)

    def add_to_report(self, seq: int, rows: Rows, changes: Sequence[Change], skipped: int, no_rows: NoRows) -> None:
        """Add a chunk of an earlier attempt to the report; which of its rows were superseded is not known any more."""
        self.reported.add(seq)
        self.report.add(rows, Rejections(), changes)
        self.report.skip(skipped, None if skipped else 0)
        self.report.count_no_rows(no_rows)

    def figures_to_keep(self) -> dict[str, Any] | None:
        """Return the report's figures and the chunks that they cover when it is time to keep them, else None."""
        with self._lock:
            if time.monotonic() - self._kept_at < self._keep_seconds or not is_worth_keeping(self.report):
                return None
            self._kept_at = time.monotonic()
            return kept_figures(self.report) | {"chunks": ranges(self.reported)}

    def skip(self, position: Position, counts: RowCounts) -> None:
        """Count a chunk that an earlier attempt has committed."""
        with self._lock:
            self.counts += counts
            self.earlier[position.seq] = position
        self.order.committed(position.seq)


def count(counts: RowCounts, rejections: Rejections) -> None:
    """Count records of a chunk, and the codes of those that are rejected, in the metrics."""
    metrics.counted(loaded=counts.loaded, rejected=counts.rejected, skipped=counts.skipped)
    metrics.rejected((reason.code, cells) for reason, cells in rejections.counts())


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return numbers as ranges, each with its first and last number."""
    joined: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if joined and joined[-1][1] == number - 1:
            joined[-1] = (joined[-1][0], number)
        else:
            joined.append((number, number))
    return joined
