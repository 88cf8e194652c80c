"""What only rows can tell that were loaded before: chunks are read once more for the figures and the preview."""

import logging
from collections.abc import Callable, Iterator

from processor import records
from processor.errors import JobError, LeaseLost
from processor.log import event
from processor.model import Chunk, FileLimits, Job, Position
from processor.queue import rejections
from processor.report import PREVIEW_ROWS, Row, numbered_rows, restore
from processor.run.chunks.progress import Progress
from processor.run.chunks.write import Loader
from processor.run.opening import Opened, resumed
from processor.run.resume.replay import Replayed, replay
from processor.storage import Source


class Recall:
    """Completes the report and the preview of one attempt; `loader` checks rows again without loading them."""

    def __init__(
        self, job: Job, source: Source, opened: Opened, limits: FileLimits, progress: Progress, loader: Loader
    ) -> None:
        self.job, self.source, self.opened, self.limits = job, source, opened, limits
        self.progress, self.loader = progress, loader

    def begin(self) -> None:
        """Go on with the figures that an earlier attempt has kept, if there are any."""
        self.progress.preview.known = not self.opened.ledger
        figures = next((entry.figures for entry in self.opened.ledger.values() if entry.figures), None)
        if figures and restore(self.progress.report, figures):
            self.progress.covered = {
                seq for first, last in figures["chunks"] for seq in range(first, last + 1) if seq in self.opened.ledger
            }

    def complete_figures(self) -> None:
        """Take in the chunks of earlier attempts whose figures nobody has kept, and all rejected rows."""
        if self.opened.ledger:
            self.attempt(self.take_in)

    def complete_preview(self, loaded: int) -> None:
        """Find the first rows, where this attempt has not seen them or some of them were refused at the end."""
        if not (self.progress.preview.known and self.progress.preview.enough(loaded)):
            self.attempt(lambda: self.progress.preview.replace(self.first_rows()))

    def attempt(self, read: Callable[[], None]) -> None:
        """Read; what the file's loss leaves out of a report is no reason to fail the job.

        Raises: LeaseLost, Stopped; psycopg.Error.
        """
        try:
            with self.progress.report.timed("report"):
                read()
        except LeaseLost:
            raise
        except JobError as exc:
            event("report_incomplete", logging.WARNING, code=exc.code, reason=exc.message)

    def take_in(self) -> None:
        """Add what is missing in the report."""
        self.progress.report.recount(rejections.rejection_counts(self.loader.conn, self.job))
        missing = sorted(self.opened.ledger.keys() - self.progress.covered)
        if not missing:
            return
        rejected = rejections.rejected_records(self.loader.conn, self.job)
        while missing:
            for chunk in self.chunks(self.start_of(missing[0])):
                seq = missing.pop(0)
                self.take_chunk(seq, replay(self.loader, chunk, rejected))
                if not missing or missing[0] != seq + 1:
                    break

    def take_chunk(self, seq: int, found: Replayed) -> None:
        """Add a chunk; the ledger counts blank records as passed over, too, where the mode passes rows over."""
        passed = self.opened.ledger[seq].tally.passed
        self.progress.recall(seq, found.rows, found.changes, max(passed - found.blank, 0))

    def first_rows(self) -> list[Row]:
        """Read the first loaded rows of the file."""
        rejected = rejections.rejected_records(self.loader.conn, self.job)
        found: list[Row] = []
        for chunk in self.chunks(self.opened.first):
            rows = replay(self.loader, chunk, rejected).rows
            found += numbered_rows(rows.frame, rows.index + chunk.position.record)
            if len(found) >= PREVIEW_ROWS:
                break
        return found

    def start_of(self, seq: int) -> Position:
        """Return where a chunk of an earlier attempt starts."""
        if seq in self.progress.passed:
            return self.progress.passed[seq]
        return self.opened.ledger[seq - 1].next if seq else self.opened.first

    def chunks(self, start: Position) -> Iterator[Chunk]:
        """Cut the file anew from a chunk on."""
        text = resumed(self.source, self.opened.dialect, start, self.limits)
        yield from records.cut(text, self.opened.dialect, start, self.limits, self.opened.sizes)
