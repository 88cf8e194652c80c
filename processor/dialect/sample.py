"""Decompress and decode the text of a file's first bytes, as far as they go."""

import codecs
import io

from processor.dialect.compression import decompress
from processor.errors import BadCompression
from processor.model import FileLimits

#: The most bytes of decompressed text that are examined.
SAMPLE_BYTES = 256 * 1024


def plain_sample(
    sample: bytes, complete: bool, compression: str | None, *, first_only: bool = False
) -> tuple[bytes, bool]:
    """Return the decompressed sample, and whether that is the whole text; `complete` says that about the sample.

    With `first_only`, the sample begins with the file of an archive that is wanted.
    """
    if compression is None:
        return sample, complete
    text = bytearray()
    pieces = decompress([sample], compression, FileLimits(), first_only=first_only)
    try:
        for piece in pieces:
            text += piece
            if len(text) >= SAMPLE_BYTES:
                return bytes(text[:SAMPLE_BYTES]), False
    except BadCompression:
        if complete:
            raise
    return bytes(text), complete


def lines_of(body: bytes, encoding: str) -> list[str]:
    """Decode bytes (without a byte order mark) and split them into lines as csv does, without a partial character."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(body, False)
    return io.StringIO(text, newline="").readlines()
