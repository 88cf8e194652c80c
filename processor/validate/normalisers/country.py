"""Countries: codes and names in several languages become the two letters of ISO 3166-1.

Source: pycountry, which carries Debian's iso-codes with their translations.
"""

import gettext
from functools import lru_cache
from typing import Any, Final, cast

import polars as pl
import pycountry

from processor.validate.headers import fold_loosely
from processor.validate.rewriting import rewrite_distinct

_LANGUAGES: Final = ("de", "es", "fr", "it", "nl", "pl", "pt", "pt_BR")
#: Names in common use that iso-codes does not have.
_COMMON: Final = {"UK": "GB", "USA": "US", "EUA": "US", "EEUU": "US", "Rússia": "RU", "Russia": "RU", "Holland": "NL"}


def normalise(texts: pl.Series) -> pl.Series:
    """Rewrite countries as their two letters, in any case and with or without accents."""
    return rewrite_distinct(texts, _by_name)


def _by_name(texts: pl.Series) -> pl.Series:
    # One Python call for each distinct text: 250 countries do not have many spellings.
    names, distinct = _names(), texts.drop_nulls().unique()
    if distinct.is_empty():
        return texts
    codes = pl.Series([names.get(fold_loosely(text)) for text in distinct], dtype=pl.String)
    return texts.replace_strict(distinct, codes, default=None, return_dtype=pl.String)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Return the country's code for each loosely folded name and code."""
    code_by_name: dict[str, str] = {}
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
            code_by_name.setdefault(fold_loosely(name), code)
    for country in countries:  # codes come last, so that they take precedence over a name of the same letters
        code_by_name[fold_loosely(str(country.alpha_2))] = str(country.alpha_2)
        code_by_name[fold_loosely(str(country.alpha_3))] = str(country.alpha_2)
    return code_by_name | {fold_loosely(name): code for name, code in _COMMON.items()}
