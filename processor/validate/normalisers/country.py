"""Countries: codes and names in several languages become the two letters of ISO 3166-1.

Source: pycountry, which carries Debian's iso-codes with their translations.
"""

import gettext
from functools import lru_cache
from typing import Any, Final, cast

import polars as pl
import pycountry

from processor.validate.distinct import Read, distinctly
from processor.validate.headers import loose

_LANGUAGES: Final = ("de", "es", "fr", "it", "nl", "pl", "pt", "pt_BR")
#: What people write and no list has.
_COMMON: Final = {"UK": "GB", "USA": "US", "EUA": "US", "EEUU": "US", "Rússia": "RU", "Russia": "RU", "Holland": "NL"}


def normalise(texts: pl.Series) -> pl.Series:
    """Rewrite countries as their two letters, whatever their case and accents."""
    read: Read = _by_name
    return distinctly(texts, read)


def _by_name(texts: pl.Series) -> pl.Series:
    # One Python call for each distinct text: 250 countries do not have many spellings.
    names, distinct = _names(), texts.drop_nulls().unique()
    if distinct.is_empty():
        return texts
    codes = pl.Series([names.get(loose(text)) for text in distinct], dtype=pl.String)
    return texts.replace_strict(distinct, codes, default=None, return_dtype=pl.String)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    countries = cast("list[Any]", list(pycountry.countries))
    translators = [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language]) for language in _LANGUAGES
    ]
    for country in countries:
        code = str(country.alpha_2)
        names = {
            str(getattr(country, key)) for key in ("name", "official_name", "common_name") if hasattr(country, key)
        }
        names |= {translator.gettext(name) for translator in translators for name in names}
        for name in names:
            found.setdefault(loose(name), code)
    for country in countries:  # codes last: they win over a name of the same letters
        found[loose(str(country.alpha_2))] = found[loose(str(country.alpha_3))] = str(country.alpha_2)
    return found | {loose(name): code for name, code in _COMMON.items()}
