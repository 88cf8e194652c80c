"""Try the waiting rows of a file, when all its chunks are loaded: in rounds, until nothing more loads."""

import numpy as np
import numpy.typing as npt
import psycopg

from processor.database.connection import unavailable_if_broken
from processor.database.transaction import loading
from processor.load import Watch
from processor.model import Rejections, RowCounts
from processor.queue import waiting
from processor.run.chunks.progress import WrittenChunk
from processor.run.chunks.rejections import explained
from processor.run.chunks.settle_at_once import Loaded, WholeFamily
from processor.run.chunks.waiting_group import WaitingGroup, groups, read_group
from processor.run.chunks.write import ChunkLoader, LimitExceeded, without_rejected
from processor.run.error_limit import rejections_to_excess
from processor.run.sinks import SinkResult
from processor.run.sinks.family import Family, Mask


def load_waiting_rows(loader: ChunkLoader, loaded: Loaded) -> None:
    """Load the rows whose parents are there by now, then reject the others in the order of the file.

    No other loader may be at work. Chunks with waiting rows are read again, and these are written by the job's sink. A
    step is one transaction, which moves rows from the waiting ones into the ledger: an attempt that is killed leaves
    the rest to the next one. Rows that refer to each other in a circle are loaded if they are in one group.
    Raises: JobError, StopRequested, psycopg.Error; DatabaseUnavailable when the connection is broken.
    """
    conn, job = loader.conn, loader.context.job
    with unavailable_if_broken(conn):
        if not load_at_once(loader, loaded):
            load_in_rounds(loader, loaded)
        for places in groups(waiting.waiting_chunks(conn, job)):
            Trial(loader, read_group(loader, places), loaded).reject()


def load_at_once(loader: ChunkLoader, loaded: Loaded) -> bool:
    """Load the waiting rows that no missing row cuts off; return whether that could be done, so that none is left.

    Raises: as `load_waiting_rows`.
    """
    conn, sink = loader.conn, loader.opened.sink
    places = waiting.waiting_chunks(conn, loader.context.job)
    family = WholeFamily.of(loader, loaded) if places else None
    try:
        while family and places and family.load(places):
            places = waiting.waiting_chunks(conn, loader.context.job)
    except psycopg.Error as exc:
        if conn.broken or not sink.can_isolate(exc):
            raise
        return False
    return family is not None


def load_in_rounds(loader: ChunkLoader, loaded: Loaded) -> None:
    """Try the waiting rows group by group, until nothing more loads.

    Parents come later, so the first round goes backwards; compressed bytes can be read forwards alone.
    Raises: as `load_waiting_rows`.
    """
    is_plain = loader.opened.dialect.is_plain
    backwards = is_plain
    while grouped := groups(waiting.waiting_chunks(loader.conn, loader.context.job)):
        ordered = grouped[::-1] if backwards else grouped
        moved = [Trial(loader, read_group(loader, places), loaded).load() for places in ordered]
        if len(grouped) == 1 or not any(moved):
            break
        backwards = is_plain and not backwards


class Trial:
    """Tries the waiting rows of a group, on the connection of `loader`."""

    def __init__(self, loader: ChunkLoader, group: WaitingGroup, loaded: Loaded) -> None:
        self._loader, self._conn, self._context = loader, loader.conn, loader.context
        self._group, self._loaded = group, loaded
        self._waits = np.ones(group.rows.index.size, np.bool_)
        self._context.stop.check()
        self._context.check_time()

    def load(self) -> bool:
        """Load the rows whose parents are there; return whether any row waits no longer."""
        total = left = self._waits.size
        while left:
            self._load_once()
            before, left = left, int(self._waits.sum())
            if left == before:
                break
        return left < total

    def reject(self) -> None:
        """Write the rows once more, and reject those that the table refuses, up to the limit of the job.

        Raises: TooManyRejected.
        """
        self._write_accepted(self._waits, final=True)

    def _load_once(self) -> None:
        """Try the rows that refer to none of the others, then those that wait for none that was refused.

        So each row is refused about once, however long the chains are; written in the order of the file, 60,000 rows in
        the wrong order would be refused once for each of their parents.
        """
        places = np.flatnonzero(self._waits)
        family = Family(self._group.rows.kept(self._waits).frame, self._loader.waiting.references(self._conn))
        first = family.without_parents()
        self._write(self._mask(places[first]))
        ready = ~family.descendants(first & self._waits[places]) & ~first
        self._write(self._mask(places[ready]))

    def _mask(self, places: npt.NDArray[np.int64]) -> Mask:
        mask = np.zeros(self._waits.size, np.bool_)
        mask[places] = True
        return mask

    def _write(self, chosen: Mask) -> None:
        """Write some of the rows: all at once, and again where one of them is refused."""
        if not chosen.any():
            return
        try:
            self._write_in_transaction(chosen, isolating=None)
        except psycopg.Error as exc:
            if self._conn.broken or not self._loader.opened.sink.can_isolate(exc):
                raise
        else:
            return
        self._write_accepted(chosen)

    def _write_accepted(self, chosen: Mask, *, final: bool = False) -> None:
        """Write those of the rows that the table accepts, up to the rejection that exceeds the limit of the job."""

        def watch(_row: int, _rejected: int) -> None:
            self._context.stop.check()

        limit = rejections_to_excess(self._loader.progress.counts, self._context.job.options)
        try:
            self._write_in_transaction(chosen, isolating=watch, final=final, excess=limit)
        except LimitExceeded as exceeded:
            upto = chosen & (np.arange(chosen.size) <= exceeded.record)
            self._write_in_transaction(upto, isolating=watch, final=final)

    def _write_in_transaction(
        self, chosen: Mask, *, isolating: Watch | None, final: bool = False, excess: int | None = None
    ) -> None:
        """Write some of the rows, and note in the ledger which of them wait no longer.

        Raises: LimitExceeded for the place of rejection number `excess`, if there are more rows; psycopg.Error.
        """
        job, group, sink = self._context.job, self._group, self._loader.opened.sink
        places = np.flatnonzero(chosen)
        waits = self._waits.copy()
        with loading(self._conn, job.id, self._context.idle_seconds, token=job.token):
            rows = self._loader.defaults.fill(self._conn, group.rows.kept(chosen))
            result = sink.write(self._conn, rows, group.chunk, lambda: None, isolating=isolating)
            refused, still = result.rejected, np.empty(0, np.int64)
            if not final:
                refused, still = self._loader.waiting.parted(self._conn, refused)
            waits[places] = np.isin(np.arange(places.size), still)
            refused = self._loader.generated.named(self._conn, refused, lambda at: rows.frame[at].to_dicts())
            reasons = tuple(explained(reason, job) for reason in refused.reasons)
            rejections = Rejections(places[refused.records], refused.reason_of, reasons)
            rejected = rejections.distinct()
            if excess is not None and rejected.size >= excess and rejected[excess - 1] < places[-1]:
                raise LimitExceeded(int(rejected[excess - 1]))
            loaded = np.setdiff1d(np.arange(places.size), result.rejected.records)
            counts = self._settle(waits, places[loaded], rejections, result)
        self._waits = waits
        written = without_rejected(rows, result.rejected)
        self._loaded(written, group.numbers[places[loaded]])
        self._loader.progress.add(
            WrittenChunk(seq=int(group.seqs[0]), rows=written, rejections=rejections, changes=(), counts=counts)
        )

    def _settle(
        self, waits: Mask, loaded: npt.NDArray[np.int64], rejections: Rejections, result: SinkResult
    ) -> RowCounts:
        """Enter the rows that wait no longer into the ledger, chunk by chunk; return their counts.

        It is not known which rows the mode or a trigger has skipped: the last ones count as skipped.
        """
        group, total, skipped = self._group, RowCounts(), result.skipped
        for seq in np.unique(group.seqs[self._waits & ~waits])[::-1].tolist():
            of_chunk = group.seqs == seq
            mine = of_chunk[rejections.records]
            part = Rejections(rejections.records[mine], rejections.reason_of[mine], rejections.reasons)
            rows = int(of_chunk[loaded].sum())
            left_out = min(rows, skipped)
            skipped -= left_out
            rejected = group.rejected(part)
            counts = RowCounts(rows - left_out, rejected.numbers.size, left_out, left_out)
            with self._loader.progress.reservation() as reservation:
                waiting.settle(
                    self._conn,
                    self._context.job,
                    seq,
                    waiting=group.numbers[waits & of_chunk],
                    counts=counts,
                    rejected=rejected,
                    kept=reservation.take(counts.rejected),
                )
            total += counts
        return total
