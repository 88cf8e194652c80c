"""Judge the bytes behind the beginning by which an encoding was found, as the beginning was judged."""

import re
from typing import Final, NamedTuple

from processor.dialect.encoding_guess import guess_encoding
from processor.dialect.spelling import IDEOGRAPHIC
from processor.dialect.usual_encodings import usages
from processor.dialect.words import pieces_of

#: The most bytes of the beginning that are judged when the encoding is found.
JUDGED_BYTES: Final = 256 * 1024
_ASCII: Final = bytes(range(0x80))


class Contradiction(NamedTuple):
    """The encoding that a byte shows a text to have, and the place of the byte in its block."""

    encoding: str
    at: int


class LaterBytes:
    """Watches a text for bytes that its beginning does not have, and that the words of another encoding explain.

    The same ç, ö and ü are in French, German and Turkish: only a later ş shows that the file is not Windows-1252.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._beginning = b""
        self._known = _ASCII

    def contradicted_by(self, block: bytes) -> Contradiction | None:
        """Return what contradicts the encoding in the next block of the text, if anything does."""
        missing = JUDGED_BYTES - len(self._beginning)
        if missing > 0:
            self._beginning += block[:missing]
            self._known += bytes(set(block[:missing].translate(None, self._known)))
        later = block[max(0, missing) :]
        new = set(later.translate(None, self._known))
        if not new:
            return None
        self._known += bytes(new)
        found = self._judge(b"".join(b"\n" + b"".join(piece) for piece in pieces_of(later) if new & {*piece.body}))
        first = re.search(b"[" + re.escape(bytes(new)) + b"]", later)
        return Contradiction(found, max(0, missing) + first.start()) if found and first else None

    def _judge(self, pieces: bytes) -> str | None:
        """Return the other encoding that pieces of the text have together with its beginning, if they have one."""
        found = guess_encoding(pieces + b"\n" + self._beginning, False, None).encoding
        if found is None or pieces.decode(found) == pieces.decode(self._encoding, "replace"):
            return None
        return found


def has_single_bytes(encoding: str) -> bool:
    """Return whether each byte is a character in an encoding, so that hardly any is invalid."""
    return any(usage.language not in IDEOGRAPHIC for usage in usages().get(encoding, ()))
