"""Opening a file: sample, dialect, header, plan, and where to begin."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import psycopg

from processor import dialect as dialects
from processor.errors import TargetMissing, UnknownTarget
from processor.model import Dialect, FileLimits, Job, LedgerEntry, Plan, Position, Target
from processor.queue import ledger, rejections
from processor.run.artifacts.formulas import is_guarded, unguarded_text
from processor.run.chunks.sizes import sizes
from processor.run.planning import plan_for
from processor.run.sinks import Sink, sink_for
from processor.storage import Source

SAMPLE = 256 * 1024


class Digest:
    """The SHA-256 of a file, when all of it has gone by; `whole` is None for an attempt that resumed in the middle."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._partial = False
        self._blocks: Generator[bytes] | None = None

    def of(self, blocks: Iterator[bytes]) -> Generator[bytes]:
        """Pass the blocks on and take them in."""
        self._blocks = self._seen(blocks)
        return self._blocks

    def _seen(self, blocks: Iterator[bytes]) -> Generator[bytes]:
        for block in blocks:
            self._sha256.update(block)
            yield block

    def drain(self) -> None:
        """Let what the reader left go by, too: a zip's directory stands behind its text."""
        if self._blocks is not None and not self._partial:
            for _ in self._blocks:
                pass

    def give_up(self) -> None:
        """The rest of the file will not go by."""
        self._partial = True

    @property
    def whole(self) -> str | None:
        """The digest in hexadecimal."""
        return None if self._partial else self._sha256.hexdigest()


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is ready to be cut: how to read it, what goes where, where to begin, and what is in already.

    `text` yields the UTF-8 text from `start` on. `size` is the file's in Storage, `chunk_bytes` that of a chunk, as the
    first attempt cut it. `in_order`: triggers of the table may look at rows that are there. `guarded`: the file is an
    errors.csv, whose cells carry guards. `rejected` are the numbers of rejected records, where the normalised file of
    an earlier attempt is written anew.
    """

    dialect: Dialect
    plan: Plan
    sink: Sink
    first: Position
    start: Position
    text: Iterator[bytes]
    size: int
    chunk_bytes: int
    in_order: bool
    ledger: dict[int, LedgerEntry]
    digest: Digest
    header: list[str]
    guarded: bool
    rejected: frozenset[int] = frozenset()

    @property
    def sizes(self) -> Callable[[Position], int]:
        """How large each chunk is to be, by where it begins."""
        return sizes(self.chunk_bytes, self.size - self.dialect.bom_bytes if self.dialect.is_plain else None)


def open_file(
    conn: psycopg.Connection, job: Job, target: Target, source: Source, limits: FileLimits, chunk_bytes: int
) -> Opened:
    """Read the file's beginning, decide how to read the rest, and find out what is in already.

    Raises: JobError for a file or a target that cannot be used, psycopg.Error.
    """
    digest = Digest()
    blocks = digest.of(source.blocks())
    taken, complete = beginning(blocks)
    sample = taken[:SAMPLE]  # no more, so that what is found does not depend on the network
    identity = source.identified()
    found = dialects.detect(sample, complete, job.options)
    header, first = dialects.read_header(sample, found)
    errors_file = is_guarded(header)
    if errors_file and not found.has_header:
        found = replace(found, has_header=True)
        header, first = dialects.read_header(sample, found)
    if errors_file:
        header = [unguarded_text(name) for name in header]
    plan = plan_for(job, target, found, header)
    ledger = ledger.open_job(conn, job, identity.etag, identity.size, found.as_json())
    anew = bool(job.options.get("output"))
    start = first if anew else resume_at(first, ledger)
    if start == first:
        text = skipping(dialects.text_stream(chain([taken], blocks), found, limits), first.offset)
    else:
        blocks.close()
        digest.give_up()
        text = resumed(source, found, start, limits)
    return Opened(
        found,
        plan,
        sink_for(conn, job, target, plan),
        first,
        start,
        text,
        identity.size,
        next((entry.chunk_bytes for entry in ledger if entry.chunk_bytes), chunk_bytes),
        target.has_triggers,
        {entry.seq: entry for entry in ledger},
        digest,
        header,
        errors_file,
        rejections.rejected_records(conn, job) if anew and ledger else frozenset(),
    )


def known_target(job: Job) -> Target:
    """Return the job's target.

    Raises: UnknownTarget when it is not registered, TargetMissing when its table or a column of it has gone.
    """
    if job.target is None:
        raise UnknownTarget("no target of this name is registered")
    if job.target.table is None and job.target.mode != "none":
        raise TargetMissing("the target's table does not exist any more")
    if job.target.missing:
        raise TargetMissing(f"the target's table has lost the columns: {', '.join(job.target.missing)}")
    return job.target


def beginning(blocks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Take blocks until there are more than `SAMPLE` bytes; tell whether that is the whole file."""
    taken = bytearray()
    for block in blocks:
        taken += block
        if len(taken) > SAMPLE:
            return bytes(taken), False
    return bytes(taken), True


def resume_at(first: Position, ledger: list[LedgerEntry]) -> Position:
    """Return the end of the last whole prefix that is in."""
    start = first
    for entry in ledger:
        if entry.byte_start != start.offset:
            break
        start = entry.next
    return start


def resumed(source: Source, found: Dialect, start: Position, limits: FileLimits) -> Iterator[bytes]:
    """Yield the text from `start` on: by Range where the file's bytes are the text's, else by reading over them."""
    if found.is_plain:
        rest = source.blocks(start.offset + found.bom_bytes)
        return iter(dialects.text_stream(rest, replace(found, bom_bytes=0), limits, start))
    return skipping(dialects.text_stream(source.blocks(), found, limits), start.offset)


def read_again(source: Source, opened: Opened, limits: FileLimits) -> Iterator[bytes]:
    """Yield the text from the first record on once more."""
    return skipping(dialects.text_stream(source.blocks(), opened.dialect, limits), opened.first.offset)


def skipping(blocks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Pass the blocks on without their first `count` bytes."""
    for block in blocks:
        if count < len(block):
            yield block[count:] if count else block
        count -= min(count, len(block))
