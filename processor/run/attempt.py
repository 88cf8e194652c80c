"""The attempt itself: open, load chunk after chunk, finish."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any, Protocol

import psycopg
from psycopg_pool import PoolTimeout

from processor import records
from processor.config import Config
from processor.database.sqlstates import job_error
from processor.errors import JobError, LeaseLost, RowAccounting
from processor.model import ArtifactPaths, Chunk, FileLimits, Job, RowCounts
from processor.queue import claims, files
from processor.report import Report
from processor.run.access.permission import check_permission
from processor.run.artifacts.errors_csv import Output
from processor.run.chunks.order import ChunkOrder
from processor.run.chunks.pool import LoaderPool
from processor.run.chunks.progress import Progress
from processor.run.chunks.read_ahead import ahead
from processor.run.chunks.rejections import check_count, check_end
from processor.run.chunks.write import Loader
from processor.run.duplicates import earlier_import
from processor.run.failure_report import last_words
from processor.run.finishing import Finisher
from processor.run.opening import SAMPLE, Opened, known_target, open_file
from processor.run.resume.earlier_chunks import Recall
from processor.run.resume.replay import replay
from processor.run.stop_signal import StopSignal
from processor.storage import Artifacts, Downloads, Source


class Lend(Protocol):
    """Lends one more connection, or one `instead` of the attempt's own, which is broken; raises PoolTimeout."""

    def __call__(self, *, instead: bool = False) -> AbstractContextManager[psycopg.Connection]: ...


# A second connection takes two round trips to have; loading so many bytes takes 20 ms.
WORTH_BYTES = 2 << 20


class Attempt:
    """One attempt at a job. `conn` is in autocommit mode and the attempt's own; `lend` gives more such connections.

    `told` and `paths` are what there is to say of the run, also when it has failed.
    """

    def __init__(
        self,
        job: Job,
        conn: psycopg.Connection,
        lend: Lend,
        downloads: Downloads,
        artifacts: Artifacts,
        config: Config,
        held: StopSignal,
    ) -> None:
        self.job, self.conn, self.lend, self.artifacts, self.config, self.held = (
            job,
            conn,
            lend,
            artifacts,
            config,
            held,
        )
        self.source = Source(downloads, job.bucket_id, job.object_path, config.max_file_bytes, held.check)
        self.limits = FileLimits(config.max_record_bytes, config.max_field_bytes)
        self.report = Report()
        self.output = Output() if job.options.get("output") else None
        self.told: dict[str, Any] | None = None
        self.paths = ArtifactPaths()

    def run(self) -> None:
        """Import the file.

        Raises: JobError for whatever ends the attempt, psycopg.Error for the database, Stopped on a shut-down.
        """
        try:
            with self.report.timed("open"):
                if not self.job.fresh:
                    claims.end_former_sessions(self.conn, self.job, self.config.lease_seconds)
                target = known_target(self.job)
                check_permission(self.conn, self.job)
                if earlier := earlier_import(self.conn, self.job, self.source):
                    files.skip_duplicate(self.conn, self.job, earlier)
                    return
                opened = open_file(self.conn, self.job, target, self.source, self.limits, self.config.chunk_bytes)
            self.report.begin(opened.plan)
            progress = self.progress(opened)
            recall = self.recall(opened, progress)
            try:
                tally = self.load_all(opened, progress)
                check_end(tally, self.job.options)
                self.finisher(recall).finish(opened, tally, self.output)
            except (JobError, psycopg.Error) as exc:
                self.leave(opened, progress, exc)
                raise
        finally:
            if self.output:
                self.output.close()

    def leave(self, opened: Opened, progress: Progress, exc: JobError | psycopg.Error) -> None:
        """Gather what there is to say of a run that failed, if that is its end; nothing hides the failure itself.

        Raises: Stopped, LeaseLost: the statement that failed may have been cut short for that.
        """
        if isinstance(exc, psycopg.Error):
            self.held.check()
        reason = exc if isinstance(exc, JobError) else job_error(exc)
        if isinstance(reason, LeaseLost) or (reason.transient and not self.job.last):
            return
        self.told, self.paths = last_words(
            self.job, self.conn, partial(self.lend, instead=True), opened, progress, self.artifacts
        )

    def recall(self, opened: Opened, progress: Progress) -> Recall:
        """Return what knows of earlier attempts."""
        loader = self.loader(self.conn, opened, progress)
        recall = Recall(self.job, self.source, opened, self.limits, progress, loader)
        recall.begin()
        return recall

    def loader(self, conn: psycopg.Connection, opened: Opened, progress: Progress) -> Loader:
        """Return what loads chunks on a connection."""
        return Loader(conn, self.job, self.source, opened, progress, self.held, self.config.lease_seconds)

    def finisher(self, recall: Recall) -> Finisher:
        """Return what completes this attempt."""
        return Finisher(self.conn, self.job, self.source, self.artifacts, self.config, self.limits, recall)

    def progress(self, opened: Opened) -> Progress:
        """Return what the loaders have in common; begins with what became of records in earlier attempts."""
        tally = RowCounts()
        for seq in range(opened.start.seq):
            tally = tally.plus(opened.ledger[seq].tally)
        room = max(self.config.kept_errors - sum(entry.tally.rejected for entry in opened.ledger.values()), 0)
        return Progress(self.report, tally, room, ChunkOrder(opened.start.seq), self.job.options)

    def load_all(self, opened: Opened, progress: Progress) -> RowCounts:
        """Load every chunk that is not in; return what became of all records, those of earlier attempts included."""
        check_count(progress.tally, self.job.options)
        with ExitStack() as stack:
            loaders = [self.loader(conn, opened, progress) for conn in [self.conn, *self.more(opened, stack)]]
            loads = [partial(self.one, opened=opened, loader=loader) for loader in loaders]
            LoaderPool(loads, progress.turns.give_up).load(self.chunks(opened))
        self.held.check()
        return progress.tally

    def more(self, opened: Opened, stack: ExitStack) -> Iterator[psycopg.Connection]:
        """Lend further connections for a file that is worth it; the normalised CSV is written in the file's order."""
        left = opened.size - opened.start.offset
        wanted = 1 if self.output or opened.in_order else min(self.config.connections, 1 + left // WORTH_BYTES)
        for _ in range(wanted - 1):
            try:
                yield stack.enter_context(self.lend())
            except PoolTimeout:
                return

    def chunks(self, opened: Opened) -> Iterator[Chunk]:
        """Cut the file, a larger one in a thread of its own; stop between chunks when the job must not go on."""
        cut = records.cut(opened.text, opened.dialect, opened.start, self.limits, opened.sizes)
        timed = self.report.timing("fetch and cut", cut)
        # All of a small file has been fetched when it was opened, and is one chunk: a thread has nothing to do ahead.
        fetched = opened.start == opened.first and opened.size <= SAMPLE and opened.dialect.compression is None
        for chunk in timed if fetched else ahead(timed, check=self.held.check):
            self.held.check()
            yield chunk

    def one(self, chunk: Chunk, opened: Opened, loader: Loader) -> None:
        """Load a chunk, or pass over one that is in."""
        entry = opened.ledger.get(chunk.position.seq)
        if entry is None:
            loaded = loader.load(chunk)
        else:
            if (entry.byte_start, entry.next.offset) != (chunk.position.offset, chunk.next.offset):
                raise RowAccounting("the chunks of an earlier attempt are not those of this one")
            loader.progress.skip(chunk.position, entry.tally)
            loaded = replay(loader, chunk, opened.rejected).rows.frame if self.output else None
        if self.output and loaded is not None:
            self.output.add(loaded)
