"""The text of a file: its bytes decompressed, decoded and given as UTF-8, without the byte order mark."""

import codecs
from collections.abc import Iterable, Iterator

from processor.dialect.compress import decompressed
from processor.dialect.utf8 import validated
from processor.errors import SourceTooLarge, WrongEncoding
from processor.model import Dialect, FileLimits, Position


def text_stream(
    blocks: Iterable[bytes], dialect: Dialect, limits: FileLimits, start: Position | None = None
) -> Iterator[bytes]:
    """Yield the text of the file whose bytes are `blocks`; `start` is where in the text they begin, if not at 0.

    Plain UTF-8 passes through without a copy. Raises WrongEncoding where the bytes are not text (with the line, and the
    offset in the text), BadCompression, and SourceTooLarge above `limits.text_bytes`.
    """
    if dialect.compression is not None:
        blocks = decompressed(blocks, dialect.compression, limits)
    blocks = _without(blocks, dialect.bom_bytes)
    if dialect.encoding == "utf-8":
        return _bounded(validated(blocks, start or Position()), limits)
    return _bounded(_transcoded(blocks, dialect.encoding), limits)


def _without(blocks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Pass blocks on without their first `count` bytes."""
    for block in blocks:
        if len(block) > count:
            yield block[count:] if count else block
        count -= min(count, len(block))


def _transcoded(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Decode and encode again, whole characters at a time."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    try:
        for block in blocks:
            text = decoder.decode(block).encode()
            line += text.count(b"\n")
            yield text
        yield decoder.decode(b"", True).encode()
    except UnicodeDecodeError as error:
        line += bytes(error.object[: error.start]).decode(encoding, "replace").count("\n")
        raise WrongEncoding(
            f"the file is not {encoding}: on line {line:,} there is a byte that belongs to no character"
        ) from None


def _bounded(blocks: Iterable[bytes], limits: FileLimits) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > limits.text_bytes:
            raise SourceTooLarge(f"the file holds more than the {limits.text_bytes:,} bytes of text that are allowed")
        yield block
