"""The text that a file's first bytes hold: decompressed and decoded as far as they go."""

import codecs
import io

from processor.dialect.compress import decompressed
from processor.errors import BadCompression
from processor.model import FileLimits

#: Text that is looked at, in bytes before decoding.
ENOUGH = 256 * 1024


def plain_sample(sample: bytes, complete: bool, compression: str | None) -> tuple[bytes, bool]:
    """Decompress as much of the sample as is looked at; also tell whether that is the whole text."""
    if compression is None:
        return sample, complete
    text = bytearray()
    pieces = decompressed([sample], compression, FileLimits())
    try:
        for piece in pieces:
            text += piece
            if len(text) >= ENOUGH:
                return bytes(text[:ENOUGH]), False
    except BadCompression:
        if complete:
            raise
    return bytes(text), complete


def lines_of(body: bytes, encoding: str) -> list[str]:
    """Decode the body (without its byte order mark) and part it into lines as csv does, without half characters."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(body, False)
    return io.StringIO(text, newline="").readlines()
