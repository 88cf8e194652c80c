"""Write processor/dialect/spelling.txt from lists of words: `python -m docs.tools.spelling FOLDER`.

The lists are those of wordfreq 3.1.1, whose statistics only are kept; for languages that it lacks, the names in CLDR
(babel 2.19.0) and Debian's dictionaries, unpacked into FOLDER (wfaroese, myspell-et, hunspell-eu, hunspell-gl,
hunspell-be, hunspell-th). opencc-python-reimplemented 0.1.7 spells Chinese in traditional characters. None of these
packages is needed otherwise. The texts of tests/data/languages are not used.
"""

import math
import random
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import wordfreq
from babel import Locale
from opencc import OpenCC

FILE = Path(__file__).parents[2] / "processor" / "dialect" / "spelling.txt"
# fmt: off
LATIN = (
    "en", "fr", "de", "es", "pt", "it", "nl", "ca", "gl", "eu", "da", "nb", "sv", "fi", "is", "fo", "et", "sq", "pl",
    "cs", "sk", "hu", "ro", "sh", "sl", "lt", "lv", "tr", "vi",
)
CYRILLIC = ("ru", "uk", "be", "bg", "mk", "sr")
OTHER = (*CYRILLIC, "el", "he", "ar", "fa", "th")
# fmt: on
CHARACTERS = {"ja": "ja", "ko": "ko", "zh": "zh-Hans", "zht": "zh-Hant"}
LETTERS = dict.fromkeys(LATIN, "a-zß-öø-žơưạ-ỹ") | dict.fromkeys(CYRILLIC, "\u0430-\u045f\u0490\u0491")
LETTERS |= {"gl": "a-zñçáéíóúüï", "eu": "a-zñçáéíóúüï", "sq": "a-zëç", "fo": "a-záðíóúýæø", "et": "a-zõäöüšž"}
LETTERS |= {"el": "ΐά-ώϊϋ", "he": "א-ת", "ar": "ء-غف-ي", "fa": "ء-غف-يپچژکگی", "th": "ก-ฺเ-๎"}
DICTIONARIES = {
    "fo": "dict/faroese",
    "gl": "hunspell/gl_ES.dic",
    "eu": "hunspell/eu.dic",
    "th": "hunspell/th_TH.dic",
    "be": "hunspell/be_BY.dic",
    "et": "hunspell/et_EE.dic",
}
SERBIAN = str.maketrans("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш")
#: The most words, and the most sequences of three letters with and without one beyond ASCII, that are kept.
MOST_WORDS, KEPT, KEPT_ASCII, KEPT_CHARACTERS, KNOWN = 20_000, 2_500, 1_500, 2_600, 400

Words = list[tuple[str, float]]


@cache
def words(language: str, folder: str) -> Words:
    """Return the words of a language in lower case, the most frequent first, each with its frequency."""
    if language == "sr":
        spelled = [(word, f) for word, f in words("sh", folder) if re.fullmatch("[a-zčćđšž]+", word)]
        return [(cyrillic(word), f) for word, f in spelled]
    if language in wordfreq.available_languages("best"):
        ranked = sorted(wordfreq.get_frequency_dict(language).items(), key=lambda item: -item[1])[:60_000]
        return [(unicodedata.normalize("NFC", word).replace("ș", "ş").replace("ț", "ţ"), f) for word, f in ranked]
    return [(word, 3e-6) for word in names(language)] + [(word, 1e-6) for word in dictionary(language, folder)]


def cyrillic(word: str) -> str:
    """Return a Serbian word in the other script."""
    return word.replace("lj", "љ").replace("nj", "њ").replace("dž", "џ").translate(SERBIAN)


def names(language: str) -> Iterable[str]:
    """Return the words of the names of countries, languages, currencies, months and cities."""
    of = Locale.parse(language)
    texts = [*of.territories.values(), *of.languages.values(), *of.currencies.values(), *of.scripts.values()]
    texts += [*of.variants.values(), *(zone.get("city", "") for zone in of.time_zones.values())]
    texts += [
        name for kinds in (*of.months.values(), *of.days.values()) for part in kinds.values() for name in part.values()
    ]
    texts += [name for part in of.unit_display_names.values() for name in part.values()]
    found = {word for text in texts for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text.lower()))}
    return sorted(found)


def dictionary(language: str, folder: str) -> list[str]:
    """Return words of Debian's dictionary in a random order, which is the same each time."""
    if language not in DICTIONARIES:
        return []
    data = Path(folder, "usr/share", DICTIONARIES[language]).read_bytes()
    text = data.decode("utf-8" if language != "et" else "iso8859-15")
    found = [re.split(r"[/ \t]", line)[0].lower().replace("=", "") for line in text.split("\n")[1:]]
    found = [unicodedata.normalize("NFC", word) for word in found]
    random.Random(1).shuffle(found)  # noqa: S311
    return [word for word in found[:40_000] if word]


def cost(probability: float) -> int:
    """Return minus the logarithm of a probability in thirds of a nat."""
    return min(61, round(-3 * math.log(probability)))


def spelling(language: str, listed: Words) -> dict[str, int]:
    """Return the sequences of up to three letters of a language with their costs."""
    most = 60_000 if language in ("en", "nl", "it") else MOST_WORDS
    counted = [(word, f) for word, f in listed if re.fullmatch(f"[{LETTERS[language]}]+", word)][:most]
    one, two, three, types = count(counted)
    total, latin = sum(one.values()), language in LATIN
    shares = {letter: n / total for letter, n in one.items()}
    pairs = smoothed(two, lambda pair: shares[pair[1]])
    triples = smoothed(three, lambda triple: pairs[triple[1:]])
    letters = [letter for letter in one if (latin if letter.isascii() else one[letter] > total * 4e-6)]
    kept = {letter: cost(shares[letter]) for letter in letters}

    def belongs(sequence: str) -> bool:
        return (latin or not sequence.isascii()) and all(char == " " or char in kept for char in sequence)

    kept |= {pair: cost(p) for pair, p in pairs.items() if two[pair] >= 3 and belongs(pair)}
    distance = {
        triple: abs(cost(triples[triple]) - kept.get(triple[1:], 99) - 5)
        for triple, n in three.most_common()
        if n >= 4 and types[triple] >= 2 and belongs(triple)
    }
    chosen = [triple for triple, far in distance.items() if far > 1 and not triple.isascii()][:KEPT]
    chosen += [triple for triple, far in distance.items() if far > 3 and triple.isascii()][:KEPT_ASCII]
    return kept | {triple: cost(triples[triple]) for triple in chosen}


def count(counted: Words) -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    """Return how often letters, pairs and triples occur, and in how many words a triple does."""
    one, two, three, types = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    least = min(f for _, f in counted)
    for word, f in counted:
        weight, text = (f / least) ** 0.35, f" {word} "
        for at in range(1, len(text)):
            one[text[at]] += weight
            two[text[at - 1 : at + 1]] += weight
            if at > 1:
                three[text[at - 2 : at + 1]] += weight
                types[text[at - 2 : at + 1]] += 1
    return one, two, three, types


def smoothed(counts: Counter[str], shorter: Callable[[str], float]) -> dict[str, float]:
    """Return the probability of the last letter of each sequence behind the others (Witten and Bell)."""
    totals, kinds = Counter[str](), Counter[str]()
    for sequence, n in counts.items():
        totals[sequence[:-1]] += n
        kinds[sequence[:-1]] += 1
    return {
        sequence: (n + kinds[sequence[:-1]] * shorter(sequence)) / (totals[sequence[:-1]] + kinds[sequence[:-1]])
        for sequence, n in counts.items()
    }


def known_words(language: str, listed: Words) -> dict[str, int]:
    """Return the frequent words that are not ASCII."""
    if language not in wordfreq.available_languages("best"):
        return {}
    frequent = [(word, f) for word, f in listed[:6_000] if f > 1e-5 and not word.isascii()]
    spelled = [(word, f) for word, f in frequent if re.fullmatch(f"[{LETTERS[language]}]+", word)][:KNOWN]
    return {f"={word}": cost(f) for word, f in spelled if len(word) > 1}  # a single letter tells no encoding


def characters(language: str, folder: str) -> dict[str, int]:
    """Return the frequent characters of a language that is not written with letters."""
    spell = OpenCC("s2t").convert if language == "zht" else str
    counts = Counter[str]()
    for word, f in words("zh" if language == "zht" else language, folder)[:40_000]:
        for char in spell(word):
            counts[char] += 0 if char.isascii() else f**0.7
    total = sum(counts.values())
    return {char: cost(n / total) for char, n in counts.most_common(KEPT_CHARACTERS) if n}


def lines(language: str, table: Mapping[str, int]) -> Iterable[str]:
    """Yield the lines of a language: all sequences of one length and cost."""
    known, groups = defaultdict[int, list[str]](list), defaultdict[tuple[int, int], list[str]](list)
    for sequence, number in table.items():
        if sequence[0] == "=":
            known[number].append(sequence[1:])
        else:
            groups[len(sequence), number].append(sequence)
    for number, found in sorted(known.items()):
        yield f"{language}\t0\t{number}\t{' '.join(sorted(found))}\n"
    for (size, number), found in sorted(groups.items()):
        yield f"{language}\t{size}\t{number}\t{''.join(sorted(found))}\n"


def write(folder: str) -> None:
    """Write the file."""
    tables = {
        language: spelling(language, words(language, folder)) | known_words(language, words(language, folder))
        for language in (*LATIN, *OTHER)
    }
    tables |= {name: characters(language, folder) for language, name in CHARACTERS.items()}
    FILE.write_text("".join(line for item in tables.items() for line in lines(*item)), encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1])
