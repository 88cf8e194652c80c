"""Split bytes into the pieces that an encoding decides, and the text of a piece into words and signs."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

#: The most pieces that are judged: a page of text. More only take time.
MOST_PIECES = 300
# ASCII bytes from 0x40 on are second bytes of some encodings, as are digits in GB18030.
_PIECE = re.compile(rb"[^\x00-\x2f\x3a-\x3f]*[\x80-\xff][^\x00-\x2f\x3a-\x3f]*")
#: Characters of the category of letters that are signs.
_SIGNS: Final = frozenset("ªºµ")
_OTHER_SCRIPT = re.compile("[\u0370-\u1cff\u2e80-\ud7ff\U00020000-\U0003ffff]")
_JOINER_OUTSIDE_ARABIC = re.compile("(?<![\u0600-\u06ff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u06ff])")


class Piece(NamedTuple):
    """Bytes that are not all ASCII, up to the next space or mark, and one byte on both sides."""

    before: bytes
    body: bytes
    after: bytes


def pieces_of(sample: bytes) -> list[Piece]:
    """Return the first distinct pieces of a sample, and those with a byte that none before has."""
    pieces: dict[bytes, Piece] = {}
    known: set[int] = set()
    for found in _PIECE.finditer(sample):
        body = found[0]
        if body not in pieces and (len(pieces) < MOST_PIECES or not known.issuperset(body)):
            start, end = found.span()
            pieces[body] = Piece(sample[max(0, start - 1) : start] or b" ", body, sample[end : end + 1] or b" ")
            known.update(body)
    return list(pieces.values())


def is_letter(char: str) -> bool:
    """Return whether a character is one of a word: a letter, or a vowel sign of Thai, Hebrew or Arabic."""
    if char.isalpha():
        return char not in _SIGNS and not "\u02b0" <= char <= "\u02ff"
    return char in "\u200c\u200d" or ("\u0590" < char < "\u0f00" and unicodedata.category(char) == "Mn")


def words_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the words in a text."""
    start = None
    for at, char in enumerate(text):
        if is_letter(char):
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(text)


def form_cost(word: str) -> int:
    """Return the cost of the form of a word: capitals within it, or letters of two scripts."""
    cost = 60 if _OTHER_SCRIPT.search(word) and re.search("[a-zA-Z]", word) else 0
    cost += 60 * len(_JOINER_OUTSIDE_ARABIC.findall(word))
    if word == word.lower():
        return cost
    if word[1:] == word[1:].lower():
        return cost + 1
    if word == word.upper():
        return cost + 4
    turns = sum(
        one.islower() and other.isupper() and not (one.isascii() and other.isascii()) for one, other in pairwise(word)
    )
    return cost + 25 * turns + (20 if word[:2].isupper() else 12)
