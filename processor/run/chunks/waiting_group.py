"""The waiting rows of some chunks, read again from the file, as one frame."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from processor import records
from processor.errors import RowAccounting
from processor.model import Chunk, RejectedRecords, Rejections, Rows
from processor.queue import waiting
from processor.queue.waiting import WaitingChunk
from processor.run.chunks.write import ChunkLoader
from processor.run.text import text_from

#: The rows that are in memory at once, if one chunk alone has not more: 200,000 rows of 100 bytes are 20 MB.
GROUP_ROWS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingGroup:
    """Waiting rows, in order; the record of a row is its place in the file less that of the first record of `chunk`.

    `seqs`, `lines` and `raw_ends` (shape: rows) give the number of each row's chunk, the line of its record, and where
    the text of the record ends in `raw`.
    """

    chunk: Chunk
    rows: Rows
    seqs: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    raw: bytes
    raw_ends: npt.NDArray[np.int64]

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The numbers of the records."""
        return self.rows.index + self.chunk.position.record

    def rejected(self, rejections: Rejections) -> RejectedRecords:
        """Return rejected rows with their lines and texts; `rejections` has their places among the rows."""
        places = rejections.distinct()
        starts = np.append(0, self.raw_ends)[places]
        texts = [
            self.raw[start:end] for start, end in zip(starts.tolist(), self.raw_ends[places].tolist(), strict=True)
        ]
        return RejectedRecords(
            numbers=self.numbers[places],
            lines=self.lines[places],
            raw=b"".join(texts),
            raw_ends=np.cumsum(self.raw_ends[places] - starts),
            cell_places=np.searchsorted(places, rejections.records),
            cell_reasons=rejections.reason_of,
            reasons=rejections.reasons,
        )


def groups(places: Sequence[WaitingChunk]) -> list[list[WaitingChunk]]:
    """Return the chunks in groups that follow each other, each of about GROUP_ROWS rows at most."""
    grouped: list[list[WaitingChunk]] = []
    rows = 0
    for place in places:
        if not grouped or rows + place.rows > GROUP_ROWS:
            grouped.append([])
            rows = 0
        grouped[-1].append(place)
        rows += place.rows
    return grouped


def read_group(loader: ChunkLoader, places: Sequence[WaitingChunk]) -> WaitingGroup:
    """Read the waiting rows of chunks again.

    Raises: RowAccounting when the chunks are not those of the ledger; JobError, psycopg.Error.
    """
    parts = [read_part(loader, chunk, place) for chunk, place in zip(read_chunks(loader, places), places, strict=True)]
    first = parts[0].chunk
    ends = np.append(0, np.cumsum([len(part.raw) for part in parts]))
    return WaitingGroup(
        chunk=first.head(1),
        rows=joined([part.rows for part in parts], [part.numbers - first.position.record for part in parts]),
        seqs=np.concatenate([part.seqs for part in parts]),
        lines=np.concatenate([part.lines for part in parts]),
        raw=b"".join(part.raw for part in parts),
        raw_ends=np.concatenate([part.raw_ends + end for part, end in zip(parts, ends, strict=False)]),
    )


def read_part(loader: ChunkLoader, chunk: Chunk, place: WaitingChunk) -> WaitingGroup:
    """Return the waiting rows of one chunk."""
    if chunk.next.offset != place.end:
        raise RowAccounting("the chunks with waiting rows are not those of the ledger")
    first, seq = chunk.position.record, chunk.position.seq
    numbers = waiting.waiting_records(loader.conn, loader.context.job, seq)
    rows = loader.validator.validate(loader.conn, chunk).rows
    rows = rows.kept(np.isin(rows.index + first, numbers))
    if rows.index.size != numbers.size:
        raise RowAccounting("{records} waiting records have become other rows", records=numbers.size)
    raw, raw_ends = records.raw_texts(chunk, rows.index)
    return WaitingGroup(
        chunk=chunk.head(1),
        rows=rows,
        seqs=np.full(numbers.size, seq, np.int64),
        lines=chunk.lines[rows.index],
        raw=raw,
        raw_ends=raw_ends,
    )


def joined(parts: Sequence[Rows], indexes: Iterable[npt.NDArray[np.int64]]) -> Rows:
    """Return the rows of several chunks as those of one, with these indexes."""
    marked = [part.empty for part in parts if part.empty is not None]
    empty = None
    if marked:
        no = [pl.lit(value=False).alias(name) for name in marked[0].columns]
        empty = pl.concat([part.frame.select(no) if part.empty is None else part.empty for part in parts])
    return Rows(
        pl.concat([part.frame for part in parts]),
        np.concatenate(list(indexes)),
        frozenset[str].intersection(*(part.certain for part in parts)),
        all(part.ascii_only for part in parts),
        empty,
    )


def read_chunks(loader: ChunkLoader, places: Sequence[WaitingChunk]) -> Iterator[Chunk]:
    """Cut the chunks again; those of compressed bytes in one stream, any others without what is between them."""
    opened, context = loader.opened, loader.context
    breaks = [at for at, (one, other) in enumerate(pairwise(places), 1) if other.position.seq > one.position.seq + 1]
    starts = [0, *(breaks if opened.dialect.is_plain else ())]
    for start, end in zip(starts, [*starts[1:], len(places)], strict=True):
        wanted = {place.position.seq for place in places[start:end]}
        position = places[start].position
        text = text_from(context.source, opened.dialect, position, context.limits)
        chunks = records.cut(text, opened.dialect, position, context.limits, opened.sizes, width=opened.plan.width)
        for chunk in records.with_footer(chunks, opened.dialect):
            context.stop.check()
            if chunk.position.seq in wanted:
                wanted.remove(chunk.position.seq)
                yield chunk
            if not wanted:
                break
