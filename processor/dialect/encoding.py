"""Find the encoding of a text: the given one, that of its byte order mark, strict UTF-8, or that of its words."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from processor.dialect.encoding_guess import decodes, guess_encoding
from processor.dialect.later_bytes import JUDGED_BYTES
from processor.dialect.utf8 import invalid_utf8
from processor.errors import AmbiguousDialect, WrongEncoding
from processor.model import How

#: UTF-32 comes before UTF-16, because its little-endian mark begins with that of UTF-16.
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Python's decoders of these need the mark.
UNORDERED: Final = ("utf-16", "utf-32")
#: Encodings that have no byte beyond ASCII, and how each begins a run of other characters.
ESCAPED: Final = ((b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b$)C", "iso2022_kr"))
#: A letter of Armenian, Hebrew or Syriac beside one of ASCII, or one of Cyrillic that no living language uses: in a
#: file that has few other bytes these are letters of another encoding.
CHANCE: Final = re.compile(
    rb"[a-zA-Z][\xd4-\xd7\xdc-\xdf][\x80-\xbf]|[\xd4-\xd7\xdc-\xdf][\x80-\xbf][a-zA-Z]|\xd4[\x80-\xaf]"
)
FEW_BYTES = 4
#: The most candidates that a message names.
NAMED = 4


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, the size of the byte order mark, the confidence (0 to 1), and how the encoding was decided."""

    name: str
    bom_bytes: int
    confidence: float
    how: How


def find_encoding(sample: bytes, complete: bool, given: str | None, locale: str | None) -> Encoding:
    """Return the encoding of a sample; `complete` says that the sample is the whole text.

    Raises: WrongEncoding, or AmbiguousDialect if the words do not tell two encodings apart.
    """
    marks = [(mark, name) for mark, name in MARKS if sample.startswith(mark)]
    if given is not None:
        bom, name = next(((len(mark), name) for mark, name in marks if name.startswith(given)), (0, given))
        return Encoding(_with_byte_order(sample, name), bom, 1.0, "given")
    if marks:
        return Encoding(marks[0][1], len(marks[0][0]), 1.0, "found")
    if likely := sixteen_bit_encoding(sample):
        raise WrongEncoding(
            "the file looks like {encoding} without a byte order mark: set options.encoding", encoding=likely
        )
    if name := escaped_encoding(sample):
        return Encoding(name, 0, 1.0, "found")
    invalid = _invalid_at(sample, complete)
    if invalid is None:
        return Encoding("utf-8", 0, 1.0, "default" if sample.isascii() else "found")
    if found := _found(sample, complete, locale):
        return found
    raise invalid_utf8(sample, invalid, 0, 1)


def _with_byte_order(sample: bytes, name: str) -> str:
    """Return the encoding with its byte order, which `utf-16` and `utf-32` leave to a mark that the text lacks.

    Raises: WrongEncoding if the bytes do not show the order either.
    """
    if name not in UNORDERED:
        return name
    likely = sixteen_bit_encoding(sample)
    if name == "utf-16" and likely is not None:
        return likely
    raise WrongEncoding("the file is not {encoding}: it does not begin with a byte order mark", encoding=name)


def has_byte_order_mark(sample: bytes) -> bool:
    """Return whether the bytes begin with a byte order mark."""
    return sample.startswith(tuple(mark for mark, _ in MARKS))


def sixteen_bit_encoding(sample: bytes) -> str | None:
    """Return the encoding of mostly ASCII text in 16-bit units, where every other byte is NUL; None for other text."""
    if b"\0" not in sample:
        return None
    size = len(sample) // 2
    even, odd = sample[: 2 * size : 2].count(0), sample[1 : 2 * size : 2].count(0)
    if size < 4 or max(even, odd) < 0.4 * size or min(even, odd) > 0.05 * size:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def escaped_encoding(sample: bytes) -> str | None:
    """Return the encoding of text in seven bits, such as ISO 2022-JP; None for other text."""
    if b"\x1b" not in sample:  # a tenth of the time of three longer patterns
        return None
    return next((name for mark, name in ESCAPED if mark in sample and decodes(sample, False, name)), None)


def _found(sample: bytes, complete: bool, locale: str | None) -> Encoding | None:
    """Return the encoding that the words of a text tell, None if it is none that is known. Raises: AmbiguousDialect."""
    if _is_damaged_utf8(sample) and not CHANCE.search(sample):
        return None
    judged = sample[:JUDGED_BYTES]
    guess = guess_encoding(judged, complete and len(judged) == len(sample), locale)
    if guess.encoding is not None:
        return Encoding(codecs.lookup(guess.encoding).name, 0, guess.confidence, "found")
    if guess.candidates:
        names = tuple(codecs.lookup(name).name for name in guess.candidates[:NAMED])
        raise AmbiguousDialect(
            "the file may be {encodings}: set options.encoding",
            option="encoding",
            choices=names,
            encodings=f"{', '.join(names[:-1])} or {names[-1]}",
        )
    return None


def _invalid_at(sample: bytes, complete: bool) -> int | None:
    """Return the place of the first byte that is not UTF-8, or that is only by chance; None if all are."""
    try:
        codecs.utf_8_decode(sample, "strict", complete)
    except UnicodeDecodeError as error:
        return error.start
    chance = None if sample.isascii() else CHANCE.search(sample)
    return chance.start() if chance and len(sample.translate(None, bytes(range(0x80)))) <= FEW_BYTES else None


def _is_damaged_utf8(sample: bytes) -> bool:
    """Return whether this is UTF-8 with some invalid bytes: most of the characters beyond ASCII are valid."""
    text = sample.decode("utf-8", "replace")
    invalid = text.count("\ufffd")
    return sum(not char.isascii() for char in text) - invalid > invalid
