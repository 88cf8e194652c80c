"""Phone numbers: E.164 by phonenumbers, with a default region for numbers without a country code.

A call of phonenumbers takes about 40 µs. Plain numbers of the default region are therefore read all at once, by the
patterns of phonenumbers' metadata; only the others are passed to phonenumbers, each distinct text once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import phonenumbers
import polars as pl

from processor.validate.rewriting import Rewrite, complete_one_by_one, replace_where
from processor.validate.text_bytes import (
    Bytes,
    Integers,
    Mask,
    bytes_of,
    count_marked,
    is_digit,
    is_one_of,
    rows_at,
    texts_from,
)

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
#: A plain number has at least so many digits, only these marks between them, and at most so many characters.
_LEAST_DIGITS, _MARKS, _MOST_CHARACTERS = 4, b" ().-", 25
_NO_DIGITS: Final = bytes(code for code in range(256) if not 48 <= code < 58)


def normaliser(region: str | None) -> Rewrite:
    """Make the normaliser of phone numbers; without a region, numbers must begin with + and a country code."""
    patterns = _patterns(region) if region else None

    def slow(text: str) -> str | None:
        return _parse(text, region)

    def normalise(texts: pl.Series) -> pl.Series:
        fast = texts.clear(len(texts)) if patterns is None else patterns.read(texts)
        return complete_one_by_one(texts, fast, fast.is_not_null() | texts.is_null(), slow)

    return normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """A region's country code and the patterns of its numbers.

    `valid` and `general` match national numbers; `trunk` and `international` match the prefixes that phonenumbers
    removes or interprets.
    """

    code: int
    valid: str
    general: str
    trunk: str
    international: str

    def read(self, texts: pl.Series) -> pl.Series:
        """Return E.164 for plain spellings of valid numbers, with or without the country code; null for all others."""
        data, bounds = bytes_of(texts)
        starts = bounds[:-1][bounds[1:] > bounds[:-1]]
        plus_signs = starts[data[starts] == ord("+")]
        digits = is_digit(data)
        other = ~(digits | is_one_of(data, _MARKS))
        other[plus_signs] = False
        counts = count_marked(digits, bounds)
        plain = (counts >= _LEAST_DIGITS) & (np.diff(bounds) <= _MOST_CHARACTERS)
        plain[rows_at(np.flatnonzero(other), bounds)] = False
        with_plus = np.zeros(len(texts), dtype=np.bool_)
        with_plus[rows_at(plus_signs, bounds)] = True
        all_digits = np.frombuffer(data.tobytes().translate(None, _NO_DIGITS), dtype=np.uint8)
        return self._by_patterns(all_digits, counts, plain, with_plus, texts)

    def _by_patterns(
        self, digits: Bytes, counts: Integers, plain: Mask, with_plus: Mask, texts: pl.Series
    ) -> pl.Series:
        """Return E.164 for plain numbers that match the patterns; null for all others.

        `digits` holds the digits of all texts one after the other, `counts` (shape: rows) their number. Numbers that
        `with_plus` marks must begin with the country code.
        """
        code = str(self.code).encode()
        starts = np.cumsum(counts) - counts
        has_code = plain.copy()
        for place, digit in enumerate(code):
            has_code[has_code] = digits[starts[has_code] + place] == digit
        plain &= has_code | ~with_plus
        keep = np.ones(len(digits), dtype=np.bool_)
        international = np.flatnonzero(has_code & with_plus)
        for place in range(len(code)):
            keep[starts[international] + place] = False
        counts = counts - len(code) * (has_code & with_plus)
        national = texts_from(digits[keep].tobytes(), counts, texts)
        is_done = pl.Series(plain) & national.str.contains(rf"^(?:{self.valid})$")
        is_done &= ~national.str.contains(rf"^(?:{self.trunk})|^(?:{self.international})")
        # phonenumbers removes the country code of a national number when only the rest is a possible number.
        ambiguous = pl.Series(has_code)
        if ambiguous.any():
            possible = national.filter(ambiguous).str.contains(rf"^(?:{self.general})$")
            is_done &= replace_where(~ambiguous, ambiguous, possible)
        return pl.select(pl.when(is_done).then(f"+{self.code}" + national).alias(texts.name)).to_series()


@lru_cache(maxsize=64)
def _patterns(region: str) -> _Patterns | None:
    """Return the patterns of a region, None for an unknown one."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.country_code is None or metadata.general_desc is None:
        return None
    kinds = [getattr(metadata, kind) for kind in _KINDS]
    never = "[^0-9+]"
    return _Patterns(
        code=metadata.country_code,
        valid="|".join(str(kind.national_number_pattern) for kind in kinds if kind and kind.national_number_pattern),
        general=str(metadata.general_desc.national_number_pattern),
        trunk=metadata.national_prefix_for_parsing or never,
        international=metadata.international_prefix or never,
    )


@lru_cache(maxsize=1 << 16)
def _parse(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text.strip(), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
