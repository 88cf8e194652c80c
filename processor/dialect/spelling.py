"""Say how plausible the spelling of a word is in a language, by the letters that follow each other in it.

Byte statistics cannot tell encodings apart in a short file, but spelling can: `Grècia` is Catalan, and `Grčcia` is no
word of a language that has č. `spelling.txt` has, for each language, sequences of up to three letters (words begin and
end with a space) and the cost of the last one behind the others: minus its logarithm, in thirds of a nat. Frequent
words have a cost of their own; their size is 0.
`docs.tools.spelling` computes the file.
"""

from functools import cache
from importlib.resources import files
from typing import Final

#: What a letter costs that the language lacks, and an ideograph that is rare.
UNKNOWN, RARE = 42, 36
#: What a sequence of three, or of two, that is not in the table costs more than the shorter one.
NO_THREE, NO_TWO = 5, 9
#: What a letter of ASCII costs in a language that is not written with it.
ASCII = 9
IDEOGRAPHIC: Final = frozenset({"ja", "ko", "zh-Hans", "zh-Hant"})
_FOLDED = str.maketrans({"ș": "ş", "ț": "ţ", "\u200c": None, "\u200d": None})


@cache
def _tables() -> dict[str, dict[str, int]]:
    tables: dict[str, dict[str, int]] = {}
    for line in files("processor.dialect").joinpath("spelling.txt").read_text("utf-8").splitlines():
        language, size, cost, sequences = line.split("\t")
        table = tables.setdefault(language, {})
        step = int(size)
        keys = (sequences[at : at + step] for at in range(0, len(sequences), step)) if step else sequences.split(" ")
        table.update(dict.fromkeys(keys if step else (f"={word}" for word in keys), int(cost)))
    return tables


def word_cost(language: str, word: str) -> int:
    """Return the cost of a word in lower case."""
    table = _tables()[language]
    word = word.translate(_FOLDED)
    if language in IDEOGRAPHIC:
        return sum(
            ASCII if char.isascii() else table.get(char, RARE if "\u2e80" < char < "\uff00" else UNKNOWN)
            for char in word
        )
    text = f" {word} "
    spelled = sum(_letter_cost(table, text[max(0, at - 2) : at + 1]) for at in range(1, len(text)))
    return min(spelled, table.get(f"={word}", spelled))


def _letter_cost(table: dict[str, int], sequence: str) -> int:
    """Return the cost of the last letter of a sequence of two or three."""
    if (cost := table.get(sequence)) is not None and len(sequence) == 3:
        return cost
    if (cost := table.get(sequence[-2:])) is not None:
        return cost + (NO_THREE if len(sequence) == 3 else 0)
    letter = sequence[-1]
    if (cost := table.get(letter)) is not None:
        return cost + NO_TWO
    return ASCII if letter.isascii() else UNKNOWN
