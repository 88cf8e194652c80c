"""Find the encoding of bytes by the words that it makes: those of one language, spelled as that language spells.

Each encoding reads the same bytes as other words and signs. The cost of a reading is that of its signs where they
stand, of its words in the language that explains them best, and of the encoding's rarity. The cheapest reading counts
only if each reading that gives another text costs clearly more.
"""

import codecs
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from processor.dialect.signs import sign_cost, unpaired_marks
from processor.dialect.spelling import word_cost
from processor.dialect.usual_encodings import ENCODINGS, language_of, usages
from processor.dialect.words import Piece, form_cost, pieces_of, words_in

#: What a word of another language costs, such as a name; thirds of a nat, as all costs.
FOREIGN = 12
#: The least distance to the second reading: one in e^6 files is read wrong at most if the costs are right.
MARGIN = 18
#: The cost from which on an encoding is rare, and the least distance to the second reading if the first one is in it.
RARE, MARGIN_OF_RARE = 20, 26
#: The least distance of their texts where the second reading is only that of a rare encoding, and what is far enough.
TEXT_MARGIN, FAR = 16, 33
#: The most that a byte may cost on the average; random letters cost 30 to 45.
MOST_A_BYTE, MOST_ASCII, MOST_BESIDE = 20, 12, 45
#: How much cheaper a locale makes its language, and the distance at which it decides: for words, for single letters.
OF_LOCALE, TIE, TIE_OF_LETTERS = 6, 4, 8
#: The pieces by which the encodings are chosen that all pieces are judged in, and the distance of those.
FIRST_PIECES, FIRST_MARGIN = 40, 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What one encoding makes of the pieces, in the language that explains them best."""

    cost: int
    text_cost: int
    has_letters: bool
    has_words: bool
    encoding: str
    language: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding if it is certain, the names of those that remain if not, best first, and the confidence (0 to 1)."""

    encoding: str | None
    candidates: tuple[str, ...] = ()
    confidence: float = 0.0


def guess_encoding(sample: bytes, complete: bool, locale: str | None) -> Guess:
    """Return the encoding of text that is not UTF-8; `complete` says that no character is cut at its end.

    A locale decides between readings that fit about as well. An English one does not: it says how numbers are written.
    """
    try:
        return _guess(sample, complete, locale)
    finally:
        _word_cost.cache_clear()  # the words of one file: those of all files would fill the memory


def _guess(sample: bytes, complete: bool, locale: str | None) -> Guess:
    if locale is not None and language_of(locale) == "en":
        locale = None
    names = [name for name in usages() if decodes(sample, complete, name)]
    pieces = pieces_of(sample if complete else sample[: sample.rfind(b"\n") + 1] or sample)
    readings = _readings(names, pieces[:FIRST_PIECES], locale)
    if len(pieces) > FIRST_PIECES and readings:
        near = {reading.encoding for reading in readings if reading.cost < readings[0].cost + FIRST_MARGIN}
        readings = _readings(sorted(near), pieces, locale)
    if not readings:
        return Guess(None)
    most = sum(MOST_A_BYTE if byte >= 0x80 else MOST_ASCII for piece in pieces for byte in piece.body)
    if readings[0].cost > most + MOST_BESIDE:
        return Guess(None)
    guess = _cheapest(readings)
    return guess if guess.encoding or locale is None else _decided_by(locale, readings, guess)


def _cheapest(readings: Sequence[Reading]) -> Guess:
    best = readings[0]
    others = [reading for reading in readings if reading.texts != best.texts]
    near = [reading.encoding for reading in others if _is_near(reading, best)]
    if near:
        return Guess(None, tuple(dict.fromkeys((best.encoding, *near))))
    distance = min((reading.cost for reading in others), default=best.cost + 100) - best.cost
    return Guess(best.encoding, (best.encoding,), round(distance / (distance + MARGIN), 2))


def _is_near(reading: Reading, best: Reading) -> bool:
    """Return whether a reading cannot be ruled out. That its encoding is rare rules out only what is spelled worse."""
    distance = reading.cost - best.cost
    rare = (
        reading.has_letters and best.has_words and distance < FAR and reading.text_cost < best.text_cost + TEXT_MARGIN
    )
    return rare or distance < (MARGIN if best.cost < best.text_cost + RARE else MARGIN_OF_RARE)


def _decided_by(locale: str, readings: Sequence[Reading], tie: Guess) -> Guess:
    """Return the encoding of the locale's language if that explains the words as well as the best reading does.

    Single letters are explained by any language that is written in that encoding.
    """
    own = language_of(locale)
    fits = [
        reading
        for reading in readings
        if reading.encoding in ENCODINGS.get(own, {}) and (reading.language == own or not reading.has_words)
    ]
    if not fits or not fits[0].has_letters:
        return tie
    if fits[0].text_cost > readings[0].text_cost + (TIE if fits[0].has_words else TIE_OF_LETTERS):
        return tie
    others = [reading for reading in fits if reading.texts != fits[0].texts]
    near = [one for one in others if (_is_near(one, fits[0]) if one.has_words else one.cost < fits[0].cost + MARGIN)]
    return tie if near else Guess(fits[0].encoding, (fits[0].encoding,), 0.5)


def decodes(sample: bytes, complete: bool, name: str) -> bool:
    """Return whether all bytes belong to characters of the encoding."""
    try:
        codecs.getincrementaldecoder(name)().decode(sample, complete)
    except UnicodeDecodeError:
        return False
    return True


def _readings(names: Sequence[str], pieces: Sequence[Piece], locale: str | None) -> list[Reading]:
    """Return the readings of the pieces, the cheapest first."""
    readings = [reading for name in names for reading in _readings_in(name, pieces, locale)]
    return sorted(readings, key=lambda reading: reading.cost)


def _readings_in(name: str, pieces: Sequence[Piece], locale: str | None) -> list[Reading]:
    texts = tuple(piece.body.decode(name, "replace") for piece in pieces)
    unpaired = unpaired_marks("".join(texts))
    fixed, words = 0, list[str]()
    for piece, text in zip(pieces, texts, strict=True):
        text = unicodedata.normalize("NFC", text)  # Windows-1258 has accents of their own
        cost, found = _parts(piece.before.decode("latin-1") + text + piece.after.decode("latin-1"), unpaired)
        fixed += cost
        words += found
    languages = usages()[name]
    costs = {usage.language: [_word_cost(usage.language, word) for word in words] for usage in languages}
    least = [min(of_word) + FOREIGN for of_word in zip(*costs.values(), strict=True)]
    has_letters = not all(word.isascii() for word in words)
    has_words = any(len(word) > 1 for word in words)
    own = language_of(locale) if locale else None
    readings: list[Reading] = []
    for language, rarity in languages:
        cost = fixed + sum(map(min, costs[language], least)) - (OF_LOCALE if language == own else 0)
        readings.append(Reading(cost + rarity, cost, has_letters, has_words, name, language, texts))
    return readings


_word_cost: Final = cache(word_cost)


def _parts(text: str, unpaired: frozenset[str]) -> tuple[int, list[str]]:
    """Return the cost of a text's signs and of the form of its words, and these words in lower case."""
    cost, words, signs = 0, list[str](), [not char.isascii() for char in text]
    for start, end in words_in(text):
        signs[start:end] = [False] * (end - start)
        word = text[start:end]
        words.append(word.replace("İ", "i").lower())
        if word.isascii():
            continue
        cost += form_cost(word) + 12 * word.count("İ")
        if text[start - 1 : start].isdigit() or text[end : end + 1].isdigit():
            cost += 24 if len(word) <= 2 else 8
    return cost + sum(sign_cost(text, at, unpaired) for at, sign in enumerate(signs) if sign), words
