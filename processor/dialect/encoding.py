"""Find the encoding of a text: the given one, that of its byte order mark, strict UTF-8, or the best guess."""

import codecs
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from processor.dialect.alphabets import CENTRAL, alphabet_fit
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
#: Two scores that differ by less than this count as equal.
MARGIN = 0.05
#: The most bytes whose encoding is guessed.
GUESSED_BYTES = 64 * 1024
# KOI8-R, GB18030 and Big5 that are read as a Western or Central European encoding reach 0.25 to 0.33; real files of
# these encodings reach 0.5 and more.
LEAST_CONFIDENCE = 0.4


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, the size of the byte order mark, the confidence (0 to 1), and how the encoding was decided."""

    name: str
    bom_bytes: int
    confidence: float
    how: How


def find_encoding(sample: bytes, complete: bool, given: str | None, locale: str | None) -> Encoding:
    """Return the encoding of a sample; `complete` says that the sample is the whole text.

    Raises: WrongEncoding, or AmbiguousDialect if two encodings have about the same score.
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
    try:
        codecs.utf_8_decode(sample, "strict", complete)
    except UnicodeDecodeError as error:
        guess = None if _is_damaged_utf8(sample) else _guess(sample, locale)
        if guess is None or guess.confidence < LEAST_CONFIDENCE:
            raise invalid_utf8(sample, error.start, 0, 1) from None
        return guess
    return Encoding("utf-8", 0, 1.0, "default" if sample.isascii() else "found")


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


def _is_damaged_utf8(sample: bytes) -> bool:
    """Return whether this is UTF-8 with some invalid bytes: most of the characters beyond ASCII are valid."""
    text = sample.decode("utf-8", "replace")
    invalid = text.count("\ufffd")
    return sum(not char.isascii() for char in text) - invalid > invalid


def _lines_beyond_ascii(sample: bytes) -> bytes:
    """Return the lines that are not ASCII, up to 64 kB: only these differ between the encodings."""
    lines = [line for line in sample.splitlines(keepends=True) if not line.isascii()]
    return b"".join(lines)[:GUESSED_BYTES]


def _guess(sample: bytes, locale: str | None) -> Encoding | None:
    sample = _lines_beyond_ascii(sample)
    scores = {
        name: alphabet_fit(text, name) for name in ("cp1252", "cp1250") if (text := _decoded(sample, name)) is not None
    }
    if "cp1252" not in scores and alphabet_fit(sample.decode("latin-1"), "cp1252") > max(0.9, scores.get("cp1250", 0)):
        return Encoding(
            "iso8859-1", 0, 0.5, "found"
        )  # the 5 bytes that cp1252 leaves undefined are controls in Latin-1
    if scores and max(scores.values()) >= 0.6:
        return _better(sample, scores, locale)
    for match in from_bytes(sample, threshold=0.1):
        if match.encoding not in ("cp1252", "cp1250", "ascii", "utf_8") and match.coherence > 0.3:
            return Encoding(codecs.lookup(match.encoding).name, 0, round(match.coherence, 2), "found")
    if len(scores) < 2 or max(scores.values()) < 0.3:
        return None
    return _better(sample, scores, locale)


def _better(sample: bytes, scores: dict[str, float], locale: str | None) -> Encoding:
    """Return the encoding with the better score. If the scores are equal, the language of the locale decides."""
    if locale is not None and len(scores) == 2 and abs(scores["cp1252"] - scores["cp1250"]) < MARGIN:
        scores["cp1250" if locale[:2].lower() in CENTRAL else "cp1252"] += MARGIN
    first, *others = sorted(scores, key=lambda name: (-scores[name], name != "cp1252"))
    if others and scores[first] - scores[others[0]] < MARGIN and sample.decode(first) != sample.decode(others[0]):
        raise AmbiguousDialect(
            "the file may be {first} or {second}: set options.encoding",
            option="encoding",
            choices=(first, others[0]),
            first=first,
            second=others[0],
        )
    chaos = next((match.chaos for match in from_bytes(sample, cp_isolation=[first])), 0.5)
    return Encoding(first, 0, round(min(1.0, scores[first]) * (1 - chaos), 2), "found")


def _decoded(sample: bytes, name: str) -> str | None:
    try:
        return sample.decode(name)
    except UnicodeDecodeError:
        return None
