"""Recognise compressed files by their magic number, and decompress them as a stream with limits on its size."""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator

from processor.dialect.zip_archive import unzip, unzip_first
from processor.errors import BadCompression
from processor.model import FileLimits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: The most bytes that one step of decompression yields, however much a decompression bomb packs into a block.
STEP = 1 << 20
#: The compression ratio is not checked below this size: a small file of zeros is not a decompression bomb.
UNCHECKED = 64 << 20
#: The bytes that a member gets at once, except the first: what follows a member's end in them is copied, and a member
#: may have 20 bytes (256 kB at once: 0.5 s for 13,000 such members).
SLICE = 1 << 13


def compression_of(sample: bytes) -> str | None:
    """Return the name of the compression that the magic number stands for; None if there is none."""
    if sample.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if sample.startswith(b"\x28\xb5\x2f\xfd") or (sample[1:4] == b"\x2a\x4d\x18" and sample[0] & 0xF0 == 0x50):
        return "zstd"
    return "zip" if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def decompress(
    blocks: Iterable[bytes], compression: str, limits: FileLimits, *, first_only: bool = False
) -> Iterator[bytes]:
    """Yield the decompressed contents of the blocks; with `first_only`, of an archive those of its first file.

    Raises: BadCompression if the blocks are damaged or expand beyond the limits.
    """
    counter = _ByteCounter()
    counted = counter.count(blocks)
    size = 0
    if compression == "zip":
        pieces = unzip_first(counted) if first_only else unzip(counted)
    else:
        pieces = _members(counted, _OPENERS[compression], compression)
    for piece in pieces:
        size += len(piece)
        if size > limits.text_bytes:
            raise BadCompression(
                "the file expands to more than the {limit:,} bytes that are allowed", limit=limits.text_bytes
            )
        if size > UNCHECKED and size > counter.bytes * limits.ratio:
            raise BadCompression("the file expands to more than {ratio:,} times its size", ratio=limits.ratio)
        yield piece


class _ByteCounter:
    """The number of compressed bytes that were read."""

    def __init__(self) -> None:
        self.bytes = 0

    def count(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.bytes += len(block)
            yield block


class Gzip:
    """A decompressor of one gzip member, with the interface of zstd's decompressor."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail and not self._stream.eof

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


_OPENERS: dict[str, Callable[[], "Gzip | zstd.ZstdDecompressor"]] = {"gzip": Gzip, "zstd": zstd.ZstdDecompressor}


def _members(
    blocks: Iterable[bytes], start: Callable[[], "Gzip | zstd.ZstdDecompressor"], compression: str
) -> Iterator[bytes]:
    """Decompress one member after the other. Zeros may pad the end, as tapes and some tools leave them."""
    member, is_open, has_ended = start(), False, False
    for block in blocks:
        at = 0
        while at < len(block) or (is_open and not member.needs_input):
            data = block[at : at + SLICE] if has_ended else block[at:]
            at += len(data)
            if not is_open:
                data = data.lstrip(b"\0") if has_ended else data
                if not data:
                    continue
                is_open = True
            try:
                yield member.decompress(data, STEP)
            except (zlib.error, zstd.ZstdError):
                raise BadCompression("the {compression} data is damaged", compression=compression) from None
            if member.eof:
                at -= len(member.unused_data)
                member, is_open, has_ended = start(), False, True
    if is_open or not has_ended:
        raise BadCompression("the {compression} data ends too early", compression=compression)
