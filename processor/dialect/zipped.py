"""A zip archive with one member, read as a stream from its local headers, without its directory at the end."""

import struct
import zlib
from collections.abc import Iterable, Iterator

from processor.errors import BadCompression

LOCAL, DIRECTORY, DESCRIPTOR = b"PK\x03\x04", (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"), b"PK\x07\x08"
HEADER = struct.Struct("<4x2xHH4xLLLHH")
STEP = 1 << 20
ENCRYPTED, DESCRIBED, STORED, DEFLATED = 0x1, 0x8, 0, 8
DAMAGED = "the zip archive is damaged or ends too early"


class _Input:
    """Bytes by number instead of by block."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self.held = iter(blocks), b""

    def peek(self, size: int) -> bytes:
        while len(self.held) < size and (block := next(self._blocks, None)) is not None:
            self.held += block
        return self.held[:size]

    def read(self, size: int) -> bytes:
        data = self.peek(size)
        if len(data) < size:
            raise BadCompression(DAMAGED)
        self.held = self.held[size:]
        return data

    def some(self) -> bytes:
        if not self.peek(1):
            raise BadCompression(DAMAGED)
        data, self.held = self.held, b""
        return data


def unzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the one member's bytes; folders and what macOS adds (`__MACOSX/`) are passed over."""
    source, members = _Input(blocks), 0
    while (mark := source.peek(4)) == LOCAL:
        flags, method, crc, packed, _, name_size, extra_size = HEADER.unpack(source.read(HEADER.size))
        name, extra = source.read(name_size), source.read(extra_size)
        if flags & ENCRYPTED:
            raise BadCompression("the zip archive is encrypted")
        if method not in (STORED, DEFLATED) or (method == STORED and flags & DESCRIBED and not name.endswith(b"/")):
            raise BadCompression("the zip archive uses a method that cannot be streamed: deflate it")
        beside = name.endswith(b"/") or name.startswith(b"__MACOSX/")
        members += not beside
        if members > 1:
            raise BadCompression("the zip archive holds more than one file")
        pieces = _inflated(source) if method == DEFLATED else _stored(source, _wide(packed, extra))
        found = 0
        for piece in pieces:
            found = zlib.crc32(piece, found)
            if not beside:
                yield piece
        if flags & DESCRIBED and method == DEFLATED:
            crc = _descriptor(source)
        if found != crc:
            raise BadCompression(DAMAGED)
    if not members or mark not in DIRECTORY:
        raise BadCompression("the zip archive holds no file" if mark in DIRECTORY else DAMAGED)


def _inflated(source: _Input) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=-15)
    while not stream.eof:
        data = stream.unconsumed_tail or source.some()
        try:
            yield stream.decompress(data, STEP)
        except zlib.error:
            raise BadCompression(DAMAGED) from None
    source.held = stream.unused_data + source.held


def _stored(source: _Input, size: int) -> Iterator[bytes]:
    while size:
        data = source.some()
        source.held = data[size:]
        yield data[:size]
        size -= min(size, len(data))


def _wide(size: int, extra: bytes) -> int:
    """Return the size of a member, from the zip64 extra field where it is over 4 GB (uncompressed and compressed are
    alike).
    """
    while size == 0xFFFFFFFF and len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 1 and length >= 8:
            return int.from_bytes(extra[4:12], "little")
        extra = extra[4 + length :]
    return size


def _descriptor(source: _Input) -> int:
    """Read the CRC that follows a member whose header had none; sizes are 4 or 8 bytes each, the mark is optional."""
    marked = source.peek(4) == DESCRIPTOR
    crc = int.from_bytes(source.read(8 if marked else 4)[-4:], "little")
    for sizes in (8, 16):
        behind = source.peek(sizes + 4)[sizes:]
        if behind == LOCAL or behind in DIRECTORY:
            source.read(sizes)
            return crc
    raise BadCompression(DAMAGED)
