"""Write one validated chunk: its rows, its rejections and its ledger entry, in one transaction."""

import random
import time
from functools import partial
from typing import NoReturn

import numpy as np
import psycopg

from processor import metrics, traces
from processor.database import transaction
from processor.database.connection import unavailable_if_broken
from processor.database.sqlstates import is_busy
from processor.errors import RowAccounting
from processor.load import Watch
from processor.model import Chunk, ChunkCommit, Offsets, Rejections, RowCounts, Rows
from processor.queue import ledger
from processor.queue.waiting import keep_waiting
from processor.run.chunks.defaults import DefaultValues
from processor.run.chunks.orphans import FOREIGN_KEY
from processor.run.chunks.progress import Progress, WrittenChunk
from processor.run.chunks.rejections import from_database, numbered
from processor.run.chunks.validate import ChunkValidator, ValidatedChunk
from processor.run.chunks.waiting import WaitingRows
from processor.run.context import AttemptContext
from processor.run.error_limit import check_error_limit, rejections_to_excess
from processor.run.opened_file import OpenedFile
from processor.run.sinks import SinkResult
from processor.run.sinks.generated_columns import GeneratedColumns

# How often a chunk is written again after a deadlock before the attempt fails.
BUSY_TRIES = 6


class LimitExceeded(Exception):
    """The record at `record` of the chunk is the first rejection beyond the job's limit."""

    def __init__(self, record: int) -> None:
        super().__init__(record)
        self.record = record


class ChunkLoader:
    """Validates and writes chunks of one attempt on a connection of its own.

    Where the rejections exceed the job's limit, the chunk ends with the rejection that does so, and the job ends with
    the chunk: no more work is done, what was found is committed, and a retry with a higher limit goes on from there.
    """

    def __init__(
        self,
        conn: psycopg.Connection,
        context: AttemptContext,
        opened: OpenedFile,
        validator: ChunkValidator,
        progress: Progress,
    ) -> None:
        self.conn, self.context, self.opened = conn, context, opened
        self.validator, self.progress = validator, progress
        self.defaults, self.generated = DefaultValues(context.job), GeneratedColumns(context.job)
        self.waiting = WaitingRows(context.job, opened.sink, tuple(field.column for field in opened.plan.fields))
        # The chunk that is written ends with the rejection that exceeds the limit.
        self._ending = False

    def load(self, chunk: Chunk) -> WrittenChunk:
        """Validate a chunk and write it.

        Raises: JobError, psycopg.Error; DatabaseUnavailable when the connection is broken.
        """
        started = time.monotonic()
        with unavailable_if_broken(self.conn):
            try:
                written = self.write(self._within_limit(self.validator.validate(self.conn, chunk)))
            except LimitExceeded as exceeded:
                self._end_with(chunk, exceeded.record)
            if figures := self.progress.figures_to_keep():
                ledger.keep_figures(self.conn, self.context.job, chunk.position.seq, figures)
            metrics.chunk_written(time.monotonic() - started)
            traces.chunk(started, seq=written.seq, rows=written.counts.loaded, rejected=written.counts.rejected)
            return written

    def write(self, validated: ValidatedChunk) -> WrittenChunk:
        """Write all rows at once; if Postgres rejects one, validate the opaque types and write those that it accepts.

        The chunk after one with refused rows begins with the second try. It waits until all chunks before this one are
        committed: Postgres may reject a row because of one that comes earlier in the file.
        Raises: JobError, psycopg.Error, LimitExceeded.
        """
        sink = self.opened.sink
        if sink.casts_values and not sink.refuses:
            try:
                return self._write_all(validated)
            except psycopg.Error as exc:
                if self.conn.broken or not sink.can_isolate(exc):
                    raise
        if sink.casts_values and not sink.waits_for_turn:
            self.progress.order.wait(validated.chunk.position.seq)
        cast = self._within_limit(self.validator.validate_opaque(self.conn, validated))
        return self._write_again_while_busy(cast, isolating=self._watch(cast))

    def _write_all(self, validated: ValidatedChunk) -> WrittenChunk:
        """Write all rows; once one was refused for lack of a parent of the same table, all but those that wait for one.

        Raises: JobError, psycopg.Error.
        """
        try:
            return self._write_again_while_busy(validated, isolating=None)
        except psycopg.Error as exc:
            if self.conn.broken or exc.sqlstate != FOREIGN_KEY or not self.waiting.orphans(self.conn).expect(exc):
                raise
        return self._write_again_while_busy(validated, isolating=None)

    def _within_limit(self, validated: ValidatedChunk) -> ValidatedChunk:
        """Return the chunk if its rejections so far are within the job's limit.

        Raises: LimitExceeded.
        """
        limit, rejected = self._limit(), validated.rejections.distinct()
        if limit is not None and len(rejected) > limit:
            raise LimitExceeded(int(rejected[limit]))
        return validated

    def _check_limit(self, rejections: Rejections) -> None:
        """Check the rejections of a chunk that is written, unless they end the job anyway.

        Raises: LimitExceeded.
        """
        limit, rejected = self._limit(), rejections.distinct()
        if limit is not None and len(rejected) > limit and not self._ending:
            raise LimitExceeded(int(rejected[limit]))

    def _limit(self) -> int | None:
        """Return how many more rejections the job takes; None for a limit that is a share."""
        excess = rejections_to_excess(self.progress.counts, self.context.job.options)
        return None if excess is None else excess - 1

    def _watch(self, validated: ValidatedChunk) -> Watch:
        """Return the function that ends the search for rejected rows where they exceed the limit, or the job stops.

        Where rows may wait, it is known after the search which of them are rejected.
        """
        index, may_wait = validated.rows.index, bool(self.waiting.references(self.conn))
        known = validated.rejections.distinct()

        def watch(row: int, rejected: int) -> None:
            self.context.stop.check()
            record = int(index[row])
            limit = None if may_wait else self._limit()  # known once all chunks before this one are committed
            if limit is not None and rejected + int(np.searchsorted(known, record)) > limit:
                raise LimitExceeded(record)

        return watch

    def _end_with(self, chunk: Chunk, record: int) -> NoReturn:
        """Commit the chunk up to the rejection that exceeds the limit, and end the job.

        Chunks after this one may be committed already; then this one is left to a retry as a whole, unless the job is
        all-or-nothing: it starts over, and its stage has to have all rows before the rejection.
        Raises: TooManyRejected.
        """
        job, progress, seq = self.context.job, self.progress, chunk.position.seq
        progress.order.wait(seq)
        last = progress.order.end_with(seq) and all(committed <= seq for committed in self.opened.ledger)
        if last or self.opened.sink.starts_over:
            validated = self.validator.validate(self.conn, chunk.head(record + 1))
            cast = self.validator.validate_opaque(self.conn, validated)
            self._ending = True
            self._write_again_while_busy(cast, isolating=lambda _row, _rejected: self.context.stop.check())
        excess = RowCounts(rejected=rejections_to_excess(progress.counts, job.options) or 0)
        check_error_limit(progress.counts + excess, job.options)
        raise RowAccounting("a limit was exceeded that the job does not have")

    def _write_again_while_busy(self, validated: ValidatedChunk, *, isolating: Watch | None) -> WrittenChunk:
        """Write the chunk, again after a deadlock, which no user need see.

        A deadlock is most often one with another loader of this job over the same keys: from then on, chunks are
        written one at a time.
        """
        tries = 1
        while True:
            if self.progress.one_at_a_time:
                self.progress.order.wait(validated.chunk.position.seq)
            try:
                with self.progress.report.timed("load"):
                    return self._write_once(validated, isolating=isolating)
            except psycopg.Error as exc:
                if self.conn.broken or tries >= BUSY_TRIES or not is_busy(exc):
                    raise
                self.context.stop.check()
                self.progress.one_at_a_time = True
                time.sleep(random.uniform(0, 0.1 * 2**tries))  # noqa: S311 - jitter, not a secret
                tries += 1

    def _write_once(self, validated: ValidatedChunk, *, isolating: Watch | None) -> WrittenChunk:
        with self.progress.order.writing(validated.chunk.position.seq):
            written = self._write_in_transaction(validated, isolating=isolating)
        self.progress.add(written)
        return written

    def _write_in_transaction(self, validated: ValidatedChunk, *, isolating: Watch | None) -> WrittenChunk:
        chunk, rows, seq = validated.chunk, validated.rows, validated.chunk.position.seq
        job, idle_seconds = self.context.job, self.context.idle_seconds
        with (
            self.progress.reservation() as reservation,
            transaction.loading(self.conn, job.id, idle_seconds, token=job.token),
        ):
            rows = self.defaults.fill(self.conn, rows)
            wait_turn = partial(self._wait_in_transaction, seq)
            rows, apart = self.waiting.set_apart(self.conn, rows, wait_turn)
            result = self.opened.sink.write(self.conn, rows, chunk, wait_turn, isolating=isolating)
            refused, waiting = self._refused(rows, result)
            waiting = np.union1d(rows.index[waiting], apart)
            loaded = without_rejected(rows, result.rejected)
            rejections = validated.rejections + refused
            if isolating:
                self._check_limit(rejections)
            counts = count_rows(validated, loaded, rejections, result, waiting.size)
            first_rows = self.progress.preview.first_rows(seq, loaded.frame, loaded.index + chunk.position.record)
            preview = self.progress.preview.with_chunk(seq, first_rows)
            commit = ChunkCommit(
                chunk=chunk,
                counts=counts,
                bytes_read=self._bytes_read(chunk),
                rejected=numbered(chunk, rejections),
                kept=reservation.take(counts.rejected),
                preview=preview,
                chunk_bytes=self.opened.chunk_bytes,
            )
            ledger.commit_chunk(self.conn, job, commit)
            self._keep_waiting(chunk, waiting)
        self.progress.show(seq, first_rows, preview)
        self.progress.order.committed(seq)
        return WrittenChunk(
            seq=seq,
            rows=loaded,
            rejections=rejections,
            changes=validated.changes,
            counts=counts,
            superseded=result.superseded,
            no_rows=validated.no_rows,
        )

    def _refused(self, rows: Rows, result: SinkResult) -> tuple[Rejections, Offsets]:
        """Return the rejections of the chunk's records that the table has refused for good, and the rows that wait."""
        refused, waiting = self.waiting.parted(self.conn, result.rejected)
        refused = self.generated.named(self.conn, refused, lambda at: rows.frame[at].to_dicts())
        return from_database(refused, rows, self.context.job), waiting

    def _keep_waiting(self, chunk: Chunk, rows: Offsets) -> None:
        """Note the records that wait, by their places in the chunk."""
        if rows.size:
            keep_waiting(self.conn, self.context.job, chunk.position, rows + chunk.position.record)
            self.progress.waits = True

    def _wait_in_transaction(self, seq: int) -> None:
        """Wait for the chunk's turn in its transaction, which holds no lock yet and may be idle for any time."""
        transaction.idle(self.conn, 0)
        self.progress.order.wait(seq)
        transaction.idle(self.conn, self.context.idle_seconds)

    def _bytes_read(self, chunk: Chunk) -> int:
        """Return the end of a chunk in the file; where the file's bytes are not its text, how far it is downloaded."""
        dialect = self.opened.dialect
        is_file = dialect.is_plain and not dialect.is_sheet
        return chunk.next.offset + dialect.bom_bytes if is_file else self.context.source.position


def count_rows(
    validated: ValidatedChunk, loaded: Rows, rejections: Rejections, result: SinkResult, waiting: int
) -> RowCounts:
    """Count what became of a chunk's records, but for those that wait.

    Raises: RowAccounting unless every record counted from the bytes is loaded, rejected or skipped, or waits.
    """
    counts = RowCounts(
        loaded=loaded.frame.height - result.skipped,
        rejected=len(rejections.distinct()),
        skipped=validated.blank + result.skipped,
        skipped_by_mode=result.skipped,
    )
    if counts.read + waiting != validated.chunk.records:
        raise RowAccounting(
            "{records} records have become {rows} rows", records=validated.chunk.records, rows=counts.read + waiting
        )
    return counts


def without_rejected(rows: Rows, rejected: Rejections) -> Rows:
    """Return the rows that Postgres accepted."""
    if not rejected.records.size:
        return rows
    keep = np.ones(rows.frame.height, dtype=np.bool_)
    keep[rejected.records] = False
    return rows.kept(keep)
