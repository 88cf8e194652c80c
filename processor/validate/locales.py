"""Locale presets: how a spreadsheet of a country writes numbers, dates, booleans and missing values."""

from dataclasses import dataclass
from typing import Final, Literal

Order = Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of a language: the names of its twelve months (full, then short), and its words for true and false.

    `null_values` are what a spreadsheet writes for a missing value.
    """

    months: tuple[tuple[str, ...], ...]
    true_values: tuple[str, ...]
    false_values: tuple[str, ...]
    null_values: tuple[str, ...]
    long_date: str = "%d %B %Y"


@dataclass(frozen=True, slots=True)
class Locale:
    """The number marks and the date order of a country; a space for `thousands` stands for all kinds of space.

    `indian` groups digits by two before the last three.
    """

    decimal: str
    thousands: str
    order: Order
    indian: bool = False


def _months(full: str, short: str) -> tuple[tuple[str, ...], ...]:
    return tuple(zip(full.split(), short.split(), strict=True))


#: The words that each language has, besides its own. Postgres reads them too.
_TRUE: Final = ("true", "t", "1")
_FALSE: Final = ("false", "f", "0")

LANGUAGES: Final[dict[str, Language]] = {
    "en": Language(
        months=_months(
            "january february march april may june july august september october november december",
            "jan feb mar apr may jun jul aug sep oct nov dec",
        ),
        true_values=(*_TRUE, "yes", "y"),
        false_values=(*_FALSE, "no", "n"),
        null_values=("#N/A",),
    ),
    "pt": Language(
        months=_months(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "jan fev mar abr mai jun jul ago set out nov dez",
        ),
        true_values=(*_TRUE, "sim", "s", "verdadeiro", "v"),
        false_values=(*_FALSE, "não", "nao", "n", "falso"),
        null_values=("#N/D",),
        long_date="%d de %B de %Y",
    ),
    "es": Language(
        months=_months(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "ene feb mar abr may jun jul ago sep oct nov dic",
        ),
        true_values=(*_TRUE, "sí", "si", "s", "verdadero", "v"),
        false_values=(*_FALSE, "no", "n", "falso"),
        null_values=("#N/D",),
        long_date="%d de %B de %Y",
    ),
    "de": Language(
        months=_months(
            "januar februar märz april mai juni juli august september oktober november dezember",
            "jan feb mär apr mai jun jul aug sep okt nov dez",
        ),
        true_values=(*_TRUE, "ja", "j", "wahr", "w"),
        false_values=(*_FALSE, "nein", "n", "falsch"),
        null_values=("#NV",),
        long_date="%d. %B %Y",
    ),
    "fr": Language(
        months=_months(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "janv févr mars avr mai juin juil août sept oct nov déc",
        ),
        true_values=(*_TRUE, "oui", "o", "vrai", "v"),
        false_values=(*_FALSE, "non", "n", "faux"),
        null_values=("#N/A",),
    ),
    "it": Language(
        months=_months(
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
            "gen feb mar apr mag giu lug ago set ott nov dic",
        ),
        true_values=(*_TRUE, "sì", "si", "s", "vero", "v"),
        false_values=(*_FALSE, "no", "n", "falso"),
        null_values=("#N/D",),
    ),
    "nl": Language(
        months=_months(
            "januari februari maart april mei juni juli augustus september oktober november december",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
        ),
        true_values=(*_TRUE, "ja", "j", "waar"),
        false_values=(*_FALSE, "nee", "n", "onwaar"),
        null_values=("#N/B",),
    ),
}

LOCALES: Final[dict[str, Locale]] = {
    "pt-BR": Locale(",", ".", "dmy"),
    "pt-PT": Locale(",", " ", "dmy"),
    "en-US": Locale(".", ",", "mdy"),
    "en-GB": Locale(".", ",", "dmy"),
    "en-AU": Locale(".", ",", "dmy"),
    "en-CA": Locale(".", ",", "ymd"),
    "en-IE": Locale(".", ",", "dmy"),
    "en-IN": Locale(".", ",", "dmy", indian=True),
    "es-ES": Locale(",", ".", "dmy"),
    "es-AR": Locale(",", ".", "dmy"),
    "es-CL": Locale(",", ".", "dmy"),
    "es-CO": Locale(",", ".", "dmy"),
    "es-MX": Locale(".", ",", "dmy"),
    "de-DE": Locale(",", ".", "dmy"),
    "de-AT": Locale(",", ".", "dmy"),
    "de-CH": Locale(".", "'", "dmy"),
    "fr-FR": Locale(",", " ", "dmy"),
    "fr-BE": Locale(",", " ", "dmy"),
    "fr-CA": Locale(",", " ", "ymd"),
    "it-IT": Locale(",", ".", "dmy"),
    "nl-NL": Locale(",", ".", "dmy"),
}

_DATES: Final[dict[Order, str]] = {"dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y", "ymd": "%Y{0}%m{0}%d"}
_TIMES: Final = (" %H:%M:%S", " %H:%M", ", %H:%M:%S", ", %H:%M", " %H:%M:%S.%f")
_TWELVE_HOURS: Final = (" %I:%M:%S %p", " %I:%M %p", ", %I:%M:%S %p", ", %I:%M %p")


#: What spreadsheets write for a missing value, in any language; the file says `#N/A` in all of them.
MISSING: Final = tuple(sorted({text for language in LANGUAGES.values() for text in language.null_values}))


def preset(name: str) -> dict[str, object] | None:
    """Return the settings that a locale stands for, by the names of the options; None for an unknown locale."""
    locale = LOCALES.get(name)
    if locale is None:
        return None
    language = LANGUAGES[name[:2]]
    numeric = tuple(_DATES[locale.order].format(mark) for mark in "/-.")
    words = ("%B %d, %Y", "%b %d, %Y") if locale.order == "mdy" else (language.long_date, "%d-%b-%Y", "%d/%b/%Y")
    clocks = (*_TIMES, *_TWELVE_HOURS) if name.startswith("en") else _TIMES
    timestamps = tuple(date + clock for clock in clocks for date in numeric)
    return {
        "decimal": locale.decimal,
        "thousands": locale.thousands,
        "indian": locale.indian,
        "date_formats": (*numeric, "iso", *words),
        "timestamp_formats": (*timestamps, *numeric, "iso"),
        "months": language.months,
        "true_values": language.true_values,
        "false_values": language.false_values,
        "null_values": language.null_values,
        "trim": True,
    }
