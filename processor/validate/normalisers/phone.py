"""Phone numbers: E.164 by phonenumbers, with a default region for those without a country code.

A call of phonenumbers costs about 40 µs. So numbers of the default region that need none of its judgement are read by
the patterns of its metadata, all at once; the others go to it, each distinct one once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import phonenumbers
import polars as pl

from processor.validate.distinct import Read, filled, placed
from processor.validate.plainbytes import Mask, among, counted, digits_in, rows_of, texts_of
from processor.validate.raw import Bytes, Integers, raw

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
#: What may be between the digits of a number that is surely one number and nothing else, and how long that is.
_MARKS: Final = b" ().-"
_NO_DIGITS: Final = bytes(code for code in range(256) if not 48 <= code < 58)
_LEAST_DIGITS, _MOST_CHARACTERS = 4, 25


def normaliser(region: str | None) -> Read:
    """Make the reader of phone numbers; without a region, numbers must begin with + and their country's code."""
    patterns = _patterns(region) if region else None

    def slow(text: str) -> str | None:
        return _parsed(text, region)

    def normalise(texts: pl.Series) -> pl.Series:
        fast = texts.clear(len(texts)) if patterns is None else patterns.read(texts)
        return filled(texts, fast.is_not_null() | texts.is_null(), slow, fast)

    return normalise


@dataclass(frozen=True, slots=True)
class _Patterns:
    """A region's country code, its valid numbers, and the beginnings that phonenumbers strips or reads anew."""

    code: int
    valid: str
    general: str
    trunk: str
    abroad: str

    def read(self, texts: pl.Series) -> pl.Series:
        """Give E.164 for plain spellings of valid numbers, with the country's code or without; else null."""
        data, bounds = raw(texts)
        starts = bounds[:-1][bounds[1:] > bounds[:-1]]
        led = starts[data[starts] == ord("+")]
        digits = digits_in(data)
        strange = ~(digits | among(data, _MARKS))
        strange[led] = False
        counts = counted(digits, bounds)
        plain = (counts >= _LEAST_DIGITS) & (np.diff(bounds) <= _MOST_CHARACTERS)
        plain[rows_of(np.flatnonzero(strange), bounds)] = False
        abroad = np.zeros(len(texts), dtype=np.bool_)
        abroad[rows_of(led, bounds)] = True
        bare = np.frombuffer(data.tobytes().translate(None, _NO_DIGITS), dtype=np.uint8)
        return self._national(bare, counts, plain, abroad, texts)

    def _national(self, digits: Bytes, counts: Integers, plain: Mask, abroad: Mask, texts: pl.Series) -> pl.Series:
        """Judge digits by the patterns; those that `abroad` marks begin with the country's code, or are left alone."""
        code = str(self.code).encode()
        begins = np.cumsum(counts) - counts
        led = plain.copy()
        for place, digit in enumerate(code):
            led[led] = digits[begins[led] + place] == digit
        plain &= led | ~abroad
        keep = np.ones(len(digits), dtype=np.bool_)
        coded = np.flatnonzero(led & abroad)
        for place in range(len(code)):
            keep[begins[coded] + place] = False
        counts = counts - len(code) * (led & abroad)
        national = texts_of(digits[keep].tobytes(), counts, texts)
        sure = pl.Series(plain) & national.str.contains(rf"^(?:{self.valid})$")
        sure &= ~national.str.contains(rf"^(?:{self.trunk})|^(?:{self.abroad})")
        # phonenumbers takes the country's code off where only the rest makes sense.
        general = pl.Series(led)
        if general.any():
            sound = national.filter(general).str.contains(rf"^(?:{self.general})$")
            sure &= placed(~general, general, sound)
        return pl.select(pl.when(sure).then(f"+{self.code}" + national).alias(texts.name)).to_series()


@lru_cache(maxsize=64)
def _patterns(region: str) -> _Patterns | None:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.country_code is None or metadata.general_desc is None:
        return None
    kinds = [getattr(metadata, kind) for kind in _KINDS]
    valid = "|".join(str(kind.national_number_pattern) for kind in kinds if kind and kind.national_number_pattern)
    general, never = str(metadata.general_desc.national_number_pattern), "[^0-9+]"
    trunk, abroad = metadata.national_prefix_for_parsing or never, metadata.international_prefix or never
    return _Patterns(metadata.country_code, valid, general, trunk, abroad)


@lru_cache(maxsize=1 << 16)
def _parsed(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text.strip(), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
