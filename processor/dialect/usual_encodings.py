"""Which encodings the files of a language usually have, and how much rarer each one is: costs in thirds of a nat.

Windows' code pages are usual in exports, those of ISO less, and those of DOS and of the old Mac OS are rare.
Windows-1252 costs least: where another encoding decodes the same text, it makes no difference, and where no letter
tells, it is the likeliest. ISO 8859-16 is left out: its only difference to Windows-1250 in Romanian is the form of ş.
"""

from collections import defaultdict
from typing import Final, NamedTuple

_WESTERN: Final = {
    "cp1252": 0,
    "iso8859-1": 11,
    "iso8859-15": 12,
    "mac-roman": 22,
    "cp850": 22,
    "cp437": 24,
    "cp858": 26,
}
_CENTRAL: Final = {"cp1250": 4, "iso8859-2": 10, "cp852": 20, "mac-latin2": 24}
_BALTIC: Final = {"cp1257": 4, "iso8859-13": 14, "iso8859-4": 24, "cp775": 24}
_CYRILLIC: Final = {
    "cp1251": 3, "koi8-r": 9, "koi8-u": 10, "cp866": 11, "iso8859-5": 12, "mac-cyrillic": 14, "cp855": 18,
}  # fmt: skip
#: For each language, its encodings.
ENCODINGS: Final[dict[str, dict[str, int]]] = {
    **dict.fromkeys(
        ("en", "fr", "de", "es", "pt", "it", "nl", "ca", "gl", "eu", "da", "nb", "sv", "fi", "is", "fo"), _WESTERN
    ),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "ro", "sh", "sl"), _CENTRAL),
    **dict.fromkeys(("lt", "lv"), _BALTIC),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "sr"), _CYRILLIC),
    "pt": _WESTERN | {"cp860": 26},
    **dict.fromkeys(("da", "nb"), _WESTERN | {"cp865": 26}),
    "is": _WESTERN | {"cp861": 26},
    "et": _BALTIC | {"cp1252": 2, "iso8859-15": 8},
    "sq": _WESTERN | {"cp1250": 4},
    "tr": {"cp1254": 4, "iso8859-9": 7, "cp857": 20, "mac-turkish": 24},
    "el": {"cp1253": 4, "iso8859-7": 8, "cp737": 14, "cp869": 18},
    "he": {"cp1255": 4, "iso8859-8": 8, "cp862": 14},
    "ar": {"cp1256": 4, "iso8859-6": 9, "cp720": 18},
    "fa": {"cp1256": 5},
    "vi": {"cp1258": 5},
    "th": {"cp874": 4, "iso8859-11": 5},
    "ja": {"cp932": 14, "euc_jp": 16},
    "ko": {"cp949": 14},
    "zh-Hans": {"gb18030": 14},
    "zh-Hant": {"big5hkscs": 15, "gb18030": 28},
}
#: What a language costs that has few files; the others cost 2.
_RARITY: Final = {
    "en": 0, "de": 1, "es": 1, "fr": 1, "it": 1, "pt": 1, "mk": 3, "et": 3, "vi": 3, "is": 4, "be": 5, "eu": 6, "fo": 6,
    "gl": 6, "sq": 6,
}  # fmt: skip
#: Other names of languages in locales.
_NAMES: Final = {"hr": "sh", "bs": "sh", "no": "nb", "nn": "nb", "zh": "zh-Hans"}


class Usage(NamedTuple):
    """A language that has files in an encoding, and the cost of that."""

    language: str
    cost: int


def usages() -> dict[str, list[Usage]]:
    """Return the languages of each encoding."""
    usages: defaultdict[str, list[Usage]] = defaultdict(list)
    for language, encodings in ENCODINGS.items():
        for encoding, cost in encodings.items():
            usages[encoding].append(Usage(language, cost + _RARITY.get(language, 2)))
    return dict(usages)


def language_of(locale: str) -> str:
    """Return the language of a locale such as pt-BR."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return _NAMES.get(language, language)
