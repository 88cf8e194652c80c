"""Read a file of a zip archive as a stream: from its local header, without the directory at the archive's end."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from processor.errors import BadCompression

#: The signatures of local headers, of the directory's records, and of data descriptors (APPNOTE.TXT, 4.3).
LOCAL, DIRECTORY, DESCRIPTOR = b"PK\x03\x04", (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"), b"PK\x07\x08"
#: Flags, method, CRC, compressed and uncompressed size, and the sizes of the name and the extra field.
HEADER = struct.Struct("<4x2xHH4xLLLHH")
#: The most bytes that one step of decompression yields.
STEP = 1 << 20
#: The bytes that a member gets at once: what follows its end in them is copied, and an archive may have many members
#: that are ignored.
SLICE = 1 << 14
#: Flags: the member is encrypted; a data descriptor follows it.
ENCRYPTED, DESCRIBED = 0x1, 0x8
#: Methods.
STORED, DEFLATED = 0, 8
#: Files that file managers and tools leave in folders, in lower case.
LEFT_BEHIND = {b".ds_store", b".localized", b"thumbs.db", b"ehthumbs.db", b"desktop.ini", b".gitkeep", b".keep"}
DAMAGED = "the zip archive is damaged or ends too early"


class _Input:
    """The blocks as a stream of bytes that can be peeked at and read by count."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._buffer, self._at = iter(blocks), b"", 0

    def peek(self, size: int) -> bytes:
        while len(self._buffer) - self._at < size and (block := next(self._blocks, None)) is not None:
            self._buffer, self._at = self._buffer[self._at :] + block, 0
        return self._buffer[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        data = self.peek(size)
        if len(data) < size:
            raise BadCompression(DAMAGED)
        self._at += size
        return data

    def read_some(self, most: int = SLICE) -> bytes:
        """Return at least one byte, and at most `most`."""
        if not self.peek(1):
            raise BadCompression(DAMAGED)
        data = self._buffer[self._at : self._at + most]
        self._at += len(data)
        return data

    def unread(self, size: int) -> None:
        """Let the last bytes that `read_some` returned be read again."""
        self._at -= size


def unzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of the archive's only file; folders, and files that nobody has put there, are ignored.

    Raises: BadCompression.
    """
    source, files = _Input(blocks), 0
    while (signature := source.peek(4)) == LOCAL:
        header = _read_header(source)
        ignored = is_ignored(header.name)
        files += not ignored
        if files > 1:
            raise BadCompression("the zip archive holds more than one file")
        for piece in _contents(source, header):
            if not ignored:
                yield piece
    if not files or signature not in DIRECTORY:
        raise BadCompression("the zip archive holds no file" if signature in DIRECTORY else DAMAGED)


def unzip_first(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of the file whose header begins the blocks; what follows it is not read.

    Raises: BadCompression.
    """
    source = _Input(blocks)
    if source.peek(4) != LOCAL:
        raise BadCompression(DAMAGED)
    yield from _contents(source, _read_header(source))


class _Header(NamedTuple):
    """The local header of a member."""

    name: bytes
    is_deflated: bool
    has_descriptor: bool
    crc: int
    stored_size: int


def _read_header(source: _Input) -> _Header:
    flags, method, crc, compressed_size, _, name_size, extra_size = HEADER.unpack(source.read(HEADER.size))
    name, extra = source.read(name_size), source.read(extra_size)
    if flags & ENCRYPTED:
        raise BadCompression("the zip archive is encrypted")
    if method not in (STORED, DEFLATED) or (method == STORED and flags & DESCRIBED and not name.endswith(b"/")):
        raise BadCompression("the zip archive uses a method that cannot be streamed: use deflate")
    is_deflated = method == DEFLATED
    return _Header(name, is_deflated, bool(flags & DESCRIBED), crc, _stored_size(compressed_size, extra))


def _contents(source: _Input, header: _Header) -> Iterator[bytes]:
    """Yield the bytes of a member, and check them."""
    actual, crc = 0, header.crc
    for piece in _inflated(source) if header.is_deflated else _stored(source, header.stored_size):
        actual = zlib.crc32(piece, actual)
        yield piece
    if header.has_descriptor and header.is_deflated:
        crc = _descriptor_crc(source)
    if actual != crc:
        raise BadCompression(DAMAGED)


def is_ignored(name: bytes) -> bool:
    """Return whether a member is a folder, or a file that macOS, Windows or a tool has added to the others."""
    *folders, base = name.replace(b"\\", b"/").split(b"/")
    return not base or b"__MACOSX" in folders or base.startswith(b"._") or base.lower() in LEFT_BEHIND


def _inflated(source: _Input) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=-15)
    while not stream.eof:
        data = stream.unconsumed_tail or source.read_some()
        try:
            yield stream.decompress(data, STEP)
        except zlib.error:
            raise BadCompression(DAMAGED) from None
    source.unread(len(stream.unused_data))


def _stored(source: _Input, size: int) -> Iterator[bytes]:
    while size:
        data = source.read_some(min(size, STEP))
        yield data
        size -= len(data)


def _stored_size(size: int, extra: bytes) -> int:
    """Return the size of a stored member; over 4 GB it is in the zip64 extra field.

    The uncompressed size, which comes first there, is also the compressed one.
    """
    while size == 0xFFFFFFFF and len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 1 and length >= 8:
            return int.from_bytes(extra[4:12], "little")
        extra = extra[4 + length :]
    return size


def _descriptor_crc(source: _Input) -> int:
    """Read the data descriptor after a member whose header has no CRC, and return its CRC.

    Its signature is optional, and its two sizes have 4 or 8 bytes each.
    """
    has_signature = source.peek(4) == DESCRIPTOR
    crc = int.from_bytes(source.read(8 if has_signature else 4)[-4:], "little")
    for sizes in (8, 16):
        next_signature = source.peek(sizes + 4)[sizes:]
        if next_signature == LOCAL or next_signature in DIRECTORY:
            source.read(sizes)
            return crc
    raise BadCompression(DAMAGED)
