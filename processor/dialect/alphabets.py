"""Tell two single-byte encodings apart, Western and Central European, by the letters of the languages that use them.

Byte statistics cannot do it in a short file (charset-normalizer gives São and Săo the same score), but spelling can: õ
stands before e in Portuguese, and ő does not in Hungarian.
"""

import re
from typing import Final

#: For each encoding, one pattern per language: the letters beyond ASCII, with the letters that may stand beside them.
ALPHABETS: Final[dict[str, tuple[str, ...]]] = {
    "cp1252": (
        r"ã(?=[oesi\W_])|õ(?=[ei\W_])|[áâàçéêíóôúü]|ñ(?=[aeiouáéíóú])",  # Portuguese, with Spanish names
        r"[áéíóúü¿¡çà]|ñ(?=[aeiouáéíóú])",  # Spanish
        r"[àâæçéêëîïôœùûüÿ]|è(?=[a-z])",  # French
        r"[äöüß]|é",  # German
        r"[àèéìòù](?!\w)",  # Italian
        r"[åäöé]",  # Swedish, Finnish
        r"[æøåéü]",  # Danish, Norwegian
        r"[ëïéèüöá]",  # Dutch
        r"[áðéíóúýþæö]",  # Icelandic
    ),
    "cp1250": (
        r"[ąćęłóśźż]|ń(?![aeiouy])",  # Polish
        r"[áďéěíňóřšťúůýž]|č(?!v\w*re)",  # Czech
        r"[áäčďéíĺľňóôŕšťúýž]",  # Slovak
        r"[áéíóöőúüű]",  # Hungarian
        r"[âîșțţ]|ă(?!o)|(?<=[a-zâî]{2})ş|ş(?=\w)",  # Romanian
        r"[čćđšž]",  # Croatian, Slovene
    ),
}
#: The languages of locales that decide for cp1250 if a file fits both encodings.
CENTRAL: Final = frozenset({"pl", "cs", "sk", "hu", "ro", "hr", "sl"})
_PATTERNS = {
    encoding: [re.compile(pattern, re.IGNORECASE) for pattern in patterns] for encoding, patterns in ALPHABETS.items()
}
_LETTERS = re.compile(r"[^\W\d_\x00-\x7f]|[\u00a1-\u00bf]")


def alphabet_fit(text: str, encoding: str) -> float:
    """Return the share (0 to 1) of the characters beyond ASCII that the best-fitting language of the encoding has."""
    letters = len(_LETTERS.findall(text))
    if not letters:
        return 1.0
    signs = len(re.findall(r"[ºª°§«»´·£©®²³±]", text)) if encoding == "cp1252" else len(re.findall(r"[°§«»´·]", text))
    best = max(len(pattern.findall(text)) for pattern in _PATTERNS[encoding])
    return min(1.0, (best + 0.8 * signs) / letters)
