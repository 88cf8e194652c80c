"""The encoding of a text: given, by its byte order mark, strict UTF-8, or the best guess that stands out."""

import codecs
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from processor.dialect.alphabets import CENTRAL, fits
from processor.dialect.utf8 import broken
from processor.errors import AmbiguousDialect, WrongEncoding
from processor.model import How

#: The 4-byte marks first: UTF-32's little-endian one begins like UTF-16's.
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Two guesses closer than this are about as good.
MARGIN = 0.05
TELLING = 64 * 1024
# KOI8-R, GB18030 and Big5 read as a western or central European encoding come to 0.25 to 0.33, real files of these to
# 0.5 and more.
SURE_ENOUGH = 0.4


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, the size of the byte order mark before the text, how sure it is (0 to 1), and how it was decided."""

    name: str
    bom_bytes: int
    confidence: float
    how: How


def find_encoding(sample: bytes, complete: bool, given: str | None, locale: str | None) -> Encoding:
    """Decide the encoding; raises WrongEncoding or, where two are about as good, AmbiguousDialect."""
    marks = [(mark, name) for mark, name in MARKS if sample.startswith(mark)]
    if given is not None:
        bom = next((len(mark) for mark, name in marks if name.startswith(given)), 0)
        name = next((name for _, name in marks if name.startswith(given)), given)
        return Encoding(name, bom, 1.0, "given")
    if marks:
        return Encoding(marks[0][1], len(marks[0][0]), 1.0, "found")
    if looks_like := wide(sample):
        raise WrongEncoding(f"the file looks like {looks_like} without a byte order mark: set options.encoding")
    try:
        codecs.utf_8_decode(sample, "strict", complete)
    except UnicodeDecodeError as error:
        if _damaged_utf8(sample):
            raise broken(sample, error.start, 0, 1) from None
        return _best(sample, locale) or _refuse(sample, error.start)
    return Encoding("utf-8", 0, 1.0, "default" if sample.isascii() else "found")


def has_mark(sample: bytes) -> bool:
    """Tell whether the bytes begin with a byte order mark."""
    return sample.startswith(tuple(mark for mark, _ in MARKS))


def _refuse(sample: bytes, at: int) -> Encoding:
    raise broken(sample, at, 0, 1)


def wide(sample: bytes) -> str | None:
    """Recognise ASCII text in 16 bits: every other byte is NUL."""
    if b"\0" not in sample:
        return None
    size = len(sample) // 2
    even, odd = sample[: 2 * size : 2].count(0), sample[1 : 2 * size : 2].count(0)
    if size < 4 or max(even, odd) < 0.4 * size or min(even, odd) > 0.05 * size:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _damaged_utf8(sample: bytes) -> bool:
    """Tell UTF-8 with some broken bytes from another encoding: most of what is not ASCII is in order."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return sum(not char.isascii() for char in text) - wrong > wrong


def _telling(sample: bytes) -> bytes:
    """Keep the lines that are not ASCII alone, 64 kB of them at most: all that tells encodings apart."""
    lines = [line for line in sample.splitlines(keepends=True) if not line.isascii()]
    return b"".join(lines)[:TELLING]


def _best(sample: bytes, locale: str | None) -> Encoding | None:
    found = _likeliest(sample, locale)
    return found if found is not None and found.confidence >= SURE_ENOUGH else None


def _likeliest(sample: bytes, locale: str | None) -> Encoding | None:
    sample = _telling(sample)
    scores = {name: fits(text, name) for name in ("cp1252", "cp1250") if (text := _decoded(sample, name)) is not None}
    if "cp1252" not in scores and fits(sample.decode("latin-1"), "cp1252") > max(0.9, scores.get("cp1250", 0)):
        return Encoding("iso8859-1", 0, 0.5, "found")  # 5 bytes that cp1252 leaves open are controls in Latin-1
    if scores and max(scores.values()) >= 0.6:
        return _of_two(sample, scores, locale)
    for match in from_bytes(sample, threshold=0.1):
        if match.encoding not in ("cp1252", "cp1250", "ascii", "utf_8") and match.coherence > 0.3:
            return Encoding(codecs.lookup(match.encoding).name, 0, round(match.coherence, 2), "found")
    if len(scores) < 2 or max(scores.values()) < 0.3:
        return None
    return _of_two(sample, scores, locale)


def _of_two(sample: bytes, scores: dict[str, float], locale: str | None) -> Encoding:
    if locale is not None and len(scores) == 2 and abs(scores["cp1252"] - scores["cp1250"]) < MARGIN:
        scores["cp1250" if locale[:2].lower() in CENTRAL else "cp1252"] += MARGIN
    first, *others = sorted(scores, key=lambda name: (-scores[name], name != "cp1252"))
    if others and scores[first] - scores[others[0]] < MARGIN and sample.decode(first) != sample.decode(others[0]):
        raise AmbiguousDialect(f"the file may be {first} or {others[0]}: set options.encoding")
    chaos = next((match.chaos for match in from_bytes(sample, cp_isolation=[first])), 0.5)
    return Encoding(first, 0, round(min(1.0, scores[first]) * (1 - chaos), 2), "found")


def _decoded(sample: bytes, name: str) -> str | None:
    try:
        return sample.decode(name)
    except UnicodeDecodeError:
        return None
