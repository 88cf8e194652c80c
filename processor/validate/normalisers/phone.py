"""Phone numbers: E.164 by phonenumbers, with a default region for those without a country code.

A call of phonenumbers costs about 40 µs. So numbers of the default region that need none of its judgement are read by
the patterns of its metadata, all at once; the others go to it, each distinct one once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
import polars as pl

from processor.validate.distinct import Read, filled, placed
from processor.validate.plainbytes import without

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
#: What is between the digits of a number that is surely one number and nothing else.
_PLAIN: Final = r"^\+?[ ().-]*[0-9][0-9 ().-]{3,24}$"


def normaliser(region: str | None) -> Read:
    """Make the reader of phone numbers; without a region, numbers must begin with + and their country's code."""
    patterns = _patterns(region) if region else None

    def slow(text: str) -> str | None:
        return _parsed(text, region)

    def normalise(texts: pl.Series) -> pl.Series:
        bare = texts.str.strip_chars()
        fast = bare.clear(len(bare)) if patterns is None else patterns.read(bare)
        return filled(bare, fast.is_not_null() | bare.is_null(), slow, fast)

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
        plain = texts.str.contains(_PLAIN)
        if not plain.any():
            return texts.clear(len(texts))
        found = self._international(without(texts.filter(plain), b" ().-"))
        return found if len(found) == len(texts) else placed(texts.clear(len(texts)), plain, found)

    def _international(self, digits: pl.Series) -> pl.Series:
        local = digits.str.contains(rf"^(?:{self.valid})$")
        local &= ~digits.str.contains(rf"^(?:{self.trunk})|^(?:{self.abroad})")
        local &= ~self._led_by_code(digits)
        found = pl.select(pl.when(local).then(f"+{self.code}" + digits)).to_series()
        if local.all():
            return found
        whole = digits.str.contains(rf"^\+{self.code}(?:{self.valid})$")
        whole &= digits.str.contains(rf"^\+{self.code}(?:{self.general})$")
        whole &= ~digits.str.contains(rf"^\+{self.code}(?:{self.trunk})")
        return digits.zip_with(whole, found)

    def _led_by_code(self, digits: pl.Series) -> pl.Series:
        """Mark numbers that begin with the country's code, which phonenumbers takes off where the rest makes sense."""
        led = digits.str.starts_with(str(self.code))
        sound = digits.filter(led).str.contains(rf"^(?:{self.general})$")
        return placed(led, led, ~sound)


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
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
