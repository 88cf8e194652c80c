"""Stream the text of a file: decompress its bytes, decode them, and yield them as UTF-8 without a byte order mark."""

import codecs
from collections.abc import Iterable, Iterator

from processor.dialect.compression import decompress
from processor.dialect.later_bytes import LaterBytes, has_single_bytes
from processor.dialect.utf8 import validate_utf8
from processor.errors import SourceTooLarge, WrongEncoding
from processor.model import Dialect, FileLimits, Position


def text_stream(
    blocks: Iterable[bytes], dialect: Dialect, limits: FileLimits, start: Position | None = None
) -> Iterator[bytes]:
    """Yield the text of a file; `start` is the position in the text at which its `blocks` begin, if not the beginning.

    Plain UTF-8 passes through without a copy.
    Raises: WrongEncoding if the bytes are not text, with the line, and for UTF-8 the offset in the text;
    BadCompression; SourceTooLarge for more than `limits.text_bytes`.
    """
    if dialect.compression is not None:
        blocks = _skip_bytes(blocks, dialect.member_at)
        blocks = decompress(blocks, dialect.compression, limits, first_only=dialect.member is not None)
    blocks = _skip_bytes(blocks, dialect.bom_bytes)
    if dialect.encoding == "utf-8":
        return _check_size(validate_utf8(blocks, start or Position()), limits)
    if dialect.how.get("encoding") == "found" and has_single_bytes(dialect.encoding):
        blocks = _watch(blocks, dialect.encoding)
    return _check_size(_transcode(blocks, dialect.encoding), limits)


def _skip_bytes(blocks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield the blocks without their first `count` bytes."""
    for block in blocks:
        if len(block) > count:
            yield block[count:] if count else block
        count -= min(count, len(block))


def _watch(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the blocks until one shows that the encoding that was found is another one."""
    later, line = LaterBytes(encoding), 1
    for block in blocks:
        if wrong := later.contradicted_by(block):
            raise WrongEncoding(
                "the file is not {encoding}: line {line:,} is written in {other}",
                encoding=encoding,
                line=line + block.count(b"\n", 0, wrong.at),
                other=wrong.encoding,
            )
        yield block
        line += block.count(b"\n")


def _transcode(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Decode the blocks and encode them as UTF-8, whole characters at a time."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    try:
        for block in blocks:
            text = decoder.decode(block).encode()
            line += text.count(b"\n")
            yield text
        yield decoder.decode(b"", True).encode()
    except UnicodeError as error:
        if isinstance(error, UnicodeDecodeError):
            line += bytes(error.object[: error.start]).decode(encoding, "replace").count("\n")
        raise WrongEncoding(
            "the file is not {encoding}: a byte on line {line:,} is invalid", encoding=encoding, line=line
        ) from None


def _check_size(blocks: Iterable[bytes], limits: FileLimits) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > limits.text_bytes:
            raise SourceTooLarge(
                "the file holds more than the {limit:,} bytes of text that are allowed", limit=limits.text_bytes
            )
        yield block
