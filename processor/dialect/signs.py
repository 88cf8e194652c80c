"""Say how plausible a sign beyond ASCII is where it stands: `5½` is a number, `c½ur` is a word in another encoding.

Costs are in thirds of a nat, as those of letters in `spelling`.
"""

import re
from collections.abc import Collection
from typing import Final

#: A sign at a usual place, a sign at a possible place, one that touches no letter or digit, and one that does.
USUAL, POSSIBLE, LONELY, RARE, MISPLACED = 6, 20, 40, 40, 70
#: What a sign costs more that is usual in no text: a spacing accent, a line of a box, a control.
ODD: Final = 15
#: A control of Latin-1 that touches a letter is a letter of another encoding: no other evidence outweighs it.
IMPOSSIBLE: Final = 1_000_000
#: A quotation mark is usual only where its partner is in the file as well.
PARTNERS: Final = {
    "“": "”„", "”": "“„", "„": "“”", "‘": "’‚", "‚": "‘’", "«": "»", "»": "«", "‹": "›", "›": "‹", "¡": "!", "¿": "?",
}  # fmt: skip
_LETTER = r"[^\W\d_ªºµ]"
_ELISIONS = r"(?<![^\W\d_])(?i:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|dell|nell|sull|dall|all|un|sant|quest)"
_USUAL = (
    r"(?<=\d)[½¼¾]",
    rf"(?<![^\W_])[½¼¾](?!{_LETTER})",
    r"(?<=\d)[€£¥¢°º‰µ²³¹]",
    r"[€£¥¢§±×](?=[\d.,\- ]*\d)",
    r"(?<=[\d ])[°º]?[€£¥¢°±×÷‰§](?![^\W_])",
    r"(?<!\w)[€£¥¢‰](?!\w)",
    r"(?<=[\d ])°(?=[CF]\b)",
    r"(?<=\d)[ºª](?!\w)",
    r"(?<!\w)[nNMDSªº][ºª°](?!\w)",
    rf"(?<=[mM])[²³](?!{_LETTER})",
    r"(?<!\w)µ(?=[gmlLsWAFHVTN]\b)|(?<=\d)µ(?=[gmlLsWAFHVTN]\b)|(?<!\w)µ(?!\w)",
    rf"(?<!\w)[“„‘‚«‹¡¿](?={_LETTER}|[\d(])|[“„«‹] ?(?=[\s\d\w])(?<!\w.)",
    r"(?<=[\w.!?)%])[”“‘»›](?!\w)|(?<=[.!?)%])’(?!\w)|(?<= )»",
    r"(?<![^\W_])[–—•©®±·№](?![^\W_])",
    r"(?<=\d)[–—…](?=\d)|(?<=[\d.!?])…",
    r"(?<=[lL])·(?=[lL])",
    r"(?i:(?<=don)|(?<=can)|(?<=won)|(?<=isn)|(?<=doesn)|(?<=didn)|(?<=wasn)|(?<=aren))’(?=t\b)",
    r"(?<=\d)\xa0(?=[^\W_])|(?<=\w)\xa0(?=[:;!?»%€])|(?<=«)\xa0|(?<![^\W_])\xa0(?![^\W\d_])",
    r"№(?=\d)|(?<!\w)©(?=\d)",
    r"(?<![a-zA-Z])[\u3000-\u303f\uff01-\uff60](?![a-zA-Z])",
    r"(?<=[ァ-ヿ])・",
)
_POSSIBLE = (
    rf"(?<={_LETTER})[®™](?!\w)",
    r"(?<=[a-zа-яё])[–—](?=[A-ZА-ЯЁ])",
    rf"{_ELISIONS}’(?=[haeiouyàâéèêëîïôùûAEIOUYÀÉÈÊÔ])|(?<![^\W_])[OD]’(?=[A-Z])",
    r"(?<=[^\W\d_])’(?=(?:s|t|re|ll|d|ve|m)\b)",
    r"(?<!\w)’(?=\d|s\b|n\b|t\b)",
)
_RARE = (
    r"(?<![^\W_])[™†](?![^\W_])",
    rf"(?<={_LETTER})[…’](?!\w)",
    rf"(?<!\w)[…•](?={_LETTER})",
    rf"(?<={_LETTER})\xa0(?!{_LETTER})|(?<!{_LETTER})\xa0(?={_LETTER})",
)
_PLACES = (
    (re.compile("|".join(_USUAL)), USUAL),
    (re.compile("|".join(_POSSIBLE)), POSSIBLE),
    (re.compile("|".join(_RARE)), RARE),
)
_ODD = re.compile(r"[^–—•…©®™€£¥¢§°±×÷‰½¼¾²³¹ªºµ“”„‘’‚«»‹›¡¿†‡·№\xa0\u3000-\u303f\uff01-\uff60]")


def sign_cost(text: str, at: int, unpaired: Collection[str]) -> int:
    """Return what the sign `text[at]` costs at its place; `unpaired` are the quotation marks without a partner."""
    sign = text[at]
    touches = text[at - 1 : at].isalnum() or text[at + 1 : at + 2].isalnum()
    if touches and "\x80" <= sign < "\xa0":
        return IMPOSSIBLE
    if _ODD.match(sign):
        return ODD + (MISPLACED if touches else LONELY)
    beside = text[at + 1 : at + 2]
    crowd = 0 if beside.isascii() or beside.isalpha() or sign > "\u2e80" else POSSIBLE
    for places, cost in _PLACES:
        if any(found.start() <= at < found.end() for found in places.finditer(text)):
            return crowd + (MISPLACED if touches and sign in unpaired and cost == USUAL and sign != "’" else cost)
    return crowd + (MISPLACED if touches else LONELY)


def unpaired_marks(text: str) -> frozenset[str]:
    """Return the quotation marks of a text whose partner it lacks."""
    return frozenset(mark for mark, partners in PARTNERS.items() if not any(partner in text for partner in partners))
