"""Complete the report and the preview with chunks of earlier attempts, which are read again for that."""

import logging
from collections.abc import Callable, Iterator

import psycopg

from processor import records
from processor.errors import JobError, LeaseLost
from processor.log import event
from processor.model import Chunk, Position
from processor.queue import rejections
from processor.report import PREVIEW_ROWS, Row, numbered_rows, restore_figures
from processor.run.chunks.progress import Progress
from processor.run.chunks.validate import ChunkValidator
from processor.run.context import AttemptContext
from processor.run.opened_file import OpenedFile
from processor.run.resume.replay import ReplayedChunk, replay
from processor.run.text import text_from


class EarlierChunks:
    """The chunks of one file that earlier attempts have committed. `conn` is in autocommit mode."""

    def __init__(
        self,
        conn: psycopg.Connection,
        context: AttemptContext,
        opened: OpenedFile,
        validator: ChunkValidator,
        progress: Progress,
    ) -> None:
        self._conn, self._context, self._opened = conn, context, opened
        self._validator, self._progress = validator, progress

    def restore_figures(self) -> None:
        """Continue with the report's figures that an earlier attempt has kept, if it has kept any."""
        ledger = self._opened.ledger
        self._progress.preview.known = not ledger
        figures = next((entry.figures for entry in ledger.values() if entry.figures), None)
        if figures and restore_figures(self._progress.report, figures):
            self._progress.reported = {
                seq for first, last in figures["chunks"] for seq in range(first, last + 1) if seq in ledger
            }

    def complete_figures(self) -> None:
        """Add the chunks of earlier attempts whose figures were not kept, and all rejections, to the report."""
        if self._opened.ledger:
            self._try(self._add_missing)

    def complete_preview(self, loaded: int) -> None:
        """Find the first of `loaded` rows, where this attempt has not seen them or some of them were rejected late."""
        preview = self._progress.preview
        if not (preview.known and preview.is_complete(loaded)):
            self._try(lambda: preview.replace(self._first_rows()))

    def _try(self, read: Callable[[], None]) -> None:
        """Read again; a job does not fail because its file is gone and the report stays incomplete.

        Raises: LeaseLost, StopRequested, psycopg.Error.
        """
        try:
            with self._progress.report.timed("report"):
                read()
        except LeaseLost:
            raise
        except JobError as exc:
            event("report_incomplete", logging.WARNING, code=exc.code, reason=exc.message)

    def _add_missing(self) -> None:
        job = self._context.job
        self._progress.report.set_rejections(*rejections.rejection_counts(self._conn, job))
        missing = sorted(self._opened.ledger.keys() - self._progress.reported)
        if not missing:
            return
        rejected = rejections.rejected_records(self._conn, job)
        while missing:
            for chunk in self._chunks(self._start_of(missing[0])):
                seq = missing.pop(0)
                self._add(seq, replay(self._validator, self._conn, chunk, rejected))
                if not missing or missing[0] != seq + 1:
                    break

    def _add(self, seq: int, chunk: ReplayedChunk) -> None:
        """Add a chunk to the report; the ledger counts its blank lines and the rows that the table skipped together."""
        skipped = self._opened.ledger[seq].counts.skipped
        left_out = max(skipped - chunk.blank, 0)
        self._progress.add_to_report(seq, chunk.rows, chunk.changes, left_out, chunk.no_rows)

    def _first_rows(self) -> list[Row]:
        rejected = rejections.rejected_records(self._conn, self._context.job)
        first: list[Row] = []
        for chunk in self._chunks(self._opened.first):
            rows = replay(self._validator, self._conn, chunk, rejected).rows
            first += numbered_rows(rows.frame, rows.index + chunk.position.record)
            if len(first) >= PREVIEW_ROWS:
                break
        return first

    def _start_of(self, seq: int) -> Position:
        """Return where a chunk of an earlier attempt starts."""
        if seq in self._progress.earlier:
            return self._progress.earlier[seq]
        return self._opened.ledger[seq - 1].next if seq else self._opened.first

    def _chunks(self, start: Position) -> Iterator[Chunk]:
        """Cut the file again from the start of a chunk on."""
        opened, context = self._opened, self._context
        text = text_from(context.source, opened.dialect, start, context.limits)
        chunks = records.cut(text, opened.dialect, start, context.limits, opened.sizes, width=opened.plan.width)
        yield from records.with_footer(chunks, opened.dialect)
