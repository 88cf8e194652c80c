"""Compressed files: known by magic number, and decompressed as a stream with caps on what comes out."""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from processor.dialect.zipped import unzipped
from processor.errors import BadCompression
from processor.model import FileLimits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: No step of decompression yields more than this, however much a bomb packs into a block.
STEP = 1 << 20
#: Below this much text no ratio is suspicious: a small file of zeros is not a bomb.
HARMLESS = 64 << 20


class Decompressor(Protocol):
    """What zlib's and zstd's objects have in common here."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def compression_of(sample: bytes) -> str | None:
    """Name the compression by magic number."""
    if sample.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if sample.startswith(b"\x28\xb5\x2f\xfd") or (sample[1:4] == b"\x2a\x4d\x18" and sample[0] & 0xF0 == 0x50):
        return "zstd"
    return "zip" if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def decompressed(blocks: Iterable[bytes], kind: str, limits: FileLimits) -> Iterator[bytes]:
    """Yield what the compressed blocks hold; raises `BadCompression` where they are damaged or hold too much."""
    count = _Count()
    counted = count.of(blocks)
    size = 0
    pieces = unzipped(counted) if kind == "zip" else _members(counted, _OPENERS[kind], kind)
    for piece in pieces:
        size += len(piece)
        if size > limits.text_bytes:
            raise BadCompression(f"the file expands to more than the {limits.text_bytes:,} bytes that are allowed")
        if size > HARMLESS and size > count.taken * limits.ratio:
            raise BadCompression(f"the file expands to more than {limits.ratio:,} times its size")
        yield piece


class _Count:
    def __init__(self) -> None:
        self.taken = 0

    def of(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.taken += len(block)
            yield block


class Gzip:
    """One gzip member, with the interface of zstd's decompressor."""

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
    blocks: Iterable[bytes], start: Callable[[], "Gzip | zstd.ZstdDecompressor"], kind: str
) -> Iterator[bytes]:
    """Decompress members one after the other; zeros may pad the end, as tapes and some tools leave them."""
    member, begun, ended = start(), False, False
    for block in blocks:
        data = block
        while data or (begun and not member.needs_input):
            if not begun:
                data = data.lstrip(b"\0") if ended else data
                if not data:
                    break
                begun = True
            try:
                yield member.decompress(data, STEP)
            except (zlib.error, zstd.ZstdError):
                raise BadCompression(f"the {kind} data is damaged") from None
            data = b""
            if member.eof:
                data, member, begun, ended = member.unused_data, start(), False, True
    if begun or not ended:
        raise BadCompression(f"the {kind} data ends too early")
