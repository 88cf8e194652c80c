"""Load the chunks of an opened file, several at once where the file is large enough."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import psycopg
from psycopg_pool import PoolTimeout

from processor import records
from processor.errors import JobError, RowAccounting
from processor.model import Chunk, LedgerEntry, Offsets, RowCounts, Rows
from processor.run.artifacts.normalised_csv import NormalisedCsv
from processor.run.chunks.pool import LoaderPool
from processor.run.chunks.progress import Progress
from processor.run.chunks.read_ahead import read_ahead
from processor.run.chunks.settle import load_waiting_rows
from processor.run.chunks.validate import ChunkValidator
from processor.run.chunks.write import ChunkLoader
from processor.run.context import AttemptContext
from processor.run.error_limit import check_error_limit
from processor.run.opened_file import OpenedFile
from processor.run.resume.replay import replay
from processor.run.text import SAMPLE_BYTES

# A second connection costs two round trips; loading so many bytes takes 20 ms.
WORTH_A_CONNECTION_BYTES = 2 << 20


class FileLoader:
    """Loads one file. `conn` is the attempt's own connection; `output` collects the rows where they are asked for."""

    def __init__(
        self,
        conn: psycopg.Connection,
        context: AttemptContext,
        opened: OpenedFile,
        validator: ChunkValidator,
        progress: Progress,
        output: NormalisedCsv | None,
    ) -> None:
        self._conn, self._context, self._opened = conn, context, opened
        self._validator, self._progress, self._output = validator, progress, output

    def load(self) -> RowCounts:
        """Load every chunk that is not committed; return the counts of all records, earlier attempts included.

        Raises: JobError, StopRequested, psycopg.Error.
        """
        check_error_limit(self._progress.counts, self._context.job.options)
        with ExitStack() as stack:
            connections = [self._conn, *self._extra_connections(stack)]
            loads = [partial(self._load_or_skip, self._chunk_loader(conn)) for conn in connections]
            try:
                LoaderPool(loads, self._progress.order.give_up).load(self._chunks())
            except JobError as exc:
                # The file is at fault, and a person imports the rest of it; the rows before that place are settled.
                if exc.code.startswith("IJ3"):
                    self._load_waiting()
                raise
            self._load_waiting()
        self._context.stop.check()
        return self._progress.counts

    def _load_waiting(self) -> None:
        """Load the rows that waited for later ones, of earlier attempts as well."""
        if self._progress.waits or self._opened.ledger:
            load_waiting_rows(self._chunk_loader(self._conn), self._add_to_output)

    def _add_to_output(self, rows: Rows, numbers: Offsets) -> None:
        if self._output:
            self._output.add(rows.frame, numbers)

    def _chunk_loader(self, conn: psycopg.Connection) -> ChunkLoader:
        return ChunkLoader(conn, self._context, self._opened, self._validator, self._progress)

    def _extra_connections(self, stack: ExitStack) -> Iterator[psycopg.Connection]:
        """Lend further connections for a large file; the normalised CSV has to be written in the order of the file."""
        left = self._opened.size - self._opened.start.offset
        in_order = self._output or self._opened.one_connection
        wanted = 1 if in_order else min(self._context.config.connections, 1 + left // WORTH_A_CONNECTION_BYTES)
        for _ in range(wanted - 1):
            try:
                yield stack.enter_context(self._context.connections.extra())
            except PoolTimeout:
                return

    def _chunks(self) -> Iterator[Chunk]:
        """Cut the file, a larger one in a thread of its own; stop between chunks when the attempt must not go on.

        The first chunk is loaded even if the time is up, so that each retry of the job comes further.
        """
        opened, context = self._opened, self._context
        cut = records.cut(
            opened.text, opened.dialect, opened.start, context.limits, opened.sizes, width=opened.plan.width
        )
        timed = context.report.timed_items("fetch and cut", records.with_footer(cut, opened.dialect))
        # Opening has downloaded all of a small file, which is one chunk: there is nothing to read ahead.
        downloaded = opened.start == opened.first and opened.size <= SAMPLE_BYTES and opened.dialect.compression is None
        began = False

        def check() -> None:
            context.stop.check()
            if began:
                context.check_time()

        for chunk in timed if downloaded else read_ahead(timed, check=check):
            check()
            yield chunk
            began = began or chunk.position.seq not in opened.ledger

    def _load_or_skip(self, loader: ChunkLoader, chunk: Chunk) -> None:
        """Load a chunk, or skip one that is committed."""
        entry = self._opened.ledger.get(chunk.position.seq)
        if entry is None:
            rows = loader.load(chunk).rows
        else:
            check_same_extent(entry, chunk)
            self._progress.skip(chunk.position, entry.counts)
            if not self._output:
                return
            rows = replay(self._validator, loader.conn, chunk, self._opened.rejected).rows
        self._add_to_output(rows, rows.index + chunk.position.record)


def check_same_extent(entry: LedgerEntry, chunk: Chunk) -> None:
    """Check that a chunk has the bytes of its ledger entry.

    Raises: RowAccounting.
    """
    if (entry.byte_start, entry.next.offset) != (chunk.position.offset, chunk.next.offset):
        raise RowAccounting("the chunks of an earlier attempt are not those of this one")
