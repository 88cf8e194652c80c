"""Western or central European: which of two single-byte encodings gives letters that some language really has.

Statistics over bytes cannot tell them apart in a short file (charset-normalizer scores São and Săo alike), but spelling
can: in Portuguese õ stands before e, in Hungarian ő does not.
"""

import re
from typing import Final

#: For each encoding the letters beyond ASCII of the languages it was made for, with the neighbours they have there.
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
#: Languages of locales, for files that leave the choice open.
CENTRAL: Final = frozenset({"pl", "cs", "sk", "hu", "ro", "hr", "sl"})
_PATTERNS = {
    encoding: [re.compile(pattern, re.IGNORECASE) for pattern in patterns] for encoding, patterns in ALPHABETS.items()
}
_LETTERS = re.compile(r"[^\W\d_\x00-\x7f]|[\u00a1-\u00bf]")


def fits(text: str, encoding: str) -> float:
    """Return the share (0 to 1) of non-ASCII letters and signs that the encoding's best-fitting language explains."""
    letters = len(_LETTERS.findall(text))
    if not letters:
        return 1.0
    signs = len(re.findall(r"[ºª°§«»´·£©®²³±]", text)) if encoding == "cp1252" else len(re.findall(r"[°§«»´·]", text))
    best = max(len(pattern.findall(text)) for pattern in _PATTERNS[encoding])
    return min(1.0, (best + 0.8 * signs) / letters)
