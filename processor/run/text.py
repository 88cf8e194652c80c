"""The file's text as a stream, from its beginning or from where an attempt resumes, and the digest of its bytes."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from processor import dialect as dialects
from processor.model import Dialect, FileLimits, Position
from processor.run.sheet_source import SheetSource, stream_size
from processor.storage import Source

SAMPLE_BYTES = 256 * 1024


class Digest:
    """The SHA-256 of a file whose blocks have all passed; `hexdigest` is None when the attempt began in the middle.

    One that is `known` already is that of a workbook; what passes then is the text of its sheet.
    """

    def __init__(self, known: str | None = None) -> None:
        self._known = known
        self._sha256 = hashlib.sha256()
        self._partial = False
        self._blocks: Generator[bytes] | None = None

    def of(self, blocks: Iterator[bytes]) -> Generator[bytes]:
        """Pass the blocks on and add them to the digest."""
        self._blocks = self._passing(blocks)
        return self._blocks

    def _passing(self, blocks: Iterator[bytes]) -> Generator[bytes]:
        for block in blocks:
            self._sha256.update(block)
            yield block

    def drain(self) -> None:
        """Read the blocks that the text's reader left: a zip's directory follows its text."""
        if self._blocks is not None and not self._partial:
            for _ in self._blocks:
                pass

    def give_up(self) -> None:
        """End the download: the rest of the file will not pass."""
        self._partial = True
        if self._blocks is not None:
            self._blocks.close()

    @property
    def hexdigest(self) -> str | None:
        """The digest in hexadecimal."""
        if self._known is not None:
            return self._known
        return None if self._partial else self._sha256.hexdigest()


@dataclass(frozen=True, slots=True)
class SampledText:
    """The text of a file that is wholly in its sample: it can be read several times, each time with `read`."""

    read: Callable[[], Iterator[bytes]]

    def __iter__(self) -> Iterator[bytes]:
        return self.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A download that has begun: its sample, and the blocks behind that; `complete` says that there are none.

    `size` is that of what is downloaded, in bytes.
    """

    sample: bytes
    complete: bool
    blocks: Iterator[bytes]
    size: int
    digest: Digest


def begin_download(source: Source | SheetSource) -> Download:
    """Read the sample of a file, or of a sheet's text.

    Raises: JobError of Storage.
    """
    digest = Digest(source.sha256 if isinstance(source, SheetSource) else None)
    blocks = digest.of(source.blocks())
    sample, complete = read_sample(blocks)
    return Download(sample=sample, complete=complete, blocks=blocks, size=stream_size(source), digest=digest)


def read_sample(blocks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Read blocks until there are more than `SAMPLE_BYTES`; return them, and whether they are the whole file."""
    sample = bytearray()
    for block in blocks:
        sample += block
        if len(sample) > SAMPLE_BYTES:
            return bytes(sample), False
    return bytes(sample), True


def text_from(source: Source | SheetSource, dialect: Dialect, start: Position, limits: FileLimits) -> Iterator[bytes]:
    """Yield the text from `start` on: by a range request where the file's bytes are its text, else by skipping."""
    if dialect.is_plain:
        rest = source.blocks(start.offset + dialect.bom_bytes)
        return checked(dialects.text_stream(rest, replace(dialect, bom_bytes=0), limits, start), source.check)
    return text_after(source, dialect, start.offset, limits)


def text_from_beginning(
    source: Source | SheetSource, dialect: Dialect, first: Position, limits: FileLimits
) -> Iterator[bytes]:
    """Yield the text from the first record on, by reading the whole file."""
    return text_after(source, dialect, first.offset, limits)


def text_after(source: Source | SheetSource, dialect: Dialect, offset: int, limits: FileLimits) -> Iterator[bytes]:
    """Yield the text from an offset on, by reading the whole file."""
    return without_beginning(checked(dialects.text_stream(source.blocks(), dialect, limits), source.check), offset)


def checked(blocks: Iterable[bytes], check: Callable[[], None]) -> Iterator[bytes]:
    """Pass the blocks on, and call `check` before each: a block of a compressed file may hold gigabytes of text."""
    for block in blocks:
        check()
        yield block


def without_beginning(blocks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Pass the blocks on without their first `count` bytes."""
    for block in blocks:
        if count < len(block):
            yield block[count:] if count else block
        count -= min(count, len(block))
