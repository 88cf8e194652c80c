"""Rewrite numbers with a country's marks as numbers with a decimal point, and words as true and false."""

from typing import Final

import polars as pl

from processor.validate.rewriting import replace_where

#: Spaces and apostrophes have variants that look alike: no-break, narrow no-break and thin space, typographic
#: apostrophe.
_VARIANTS: Final = {" ": " \u00a0\u202f\u2009", "'": "'\u2019"}
_MINUS: Final = "\u2212"


def read_number(texts: pl.Series, decimal: str, thousands: str | None, indian: bool) -> pl.Series:
    """Rewrite numbers for Postgres: `1.234,56` → `1234.56`; null for texts that are no numbers with these marks.

    Digits are grouped correctly or not at all: `1.23,4` is invalid.
    """
    if not texts.str.contains("[^0-9+-]").any():
        return texts  # nothing to rewrite; Postgres rejects what is no number, such as 1-2
    text = pl.col("t")
    is_number = text.str.contains(_number_pattern(decimal, thousands, indian))
    plain = text
    if thousands is not None:
        for variant in _VARIANTS.get(thousands, thousands):
            plain = plain.str.replace_all(variant, "", literal=True)
    if decimal != ".":
        plain = plain.str.replace(decimal, ".", literal=True)
    rewritten = texts.to_frame("t").select(pl.when(is_number).then(plain)).to_series()
    has_minus = texts.is_not_null() & rewritten.is_null() & texts.str.starts_with(_MINUS)
    if not has_minus.any():
        return rewritten
    hyphened = texts.filter(has_minus).str.replace(_MINUS, "-", literal=True)
    return replace_where(rewritten, has_minus, read_number(hyphened, decimal, thousands, indian))


def _number_pattern(decimal: str, thousands: str | None, indian: bool) -> str:
    """Return the regular expression of a number with these marks."""
    point = _character_class(decimal)
    whole = "[0-9]+"
    if thousands is not None:
        group = _character_class(thousands)
        whole += f"|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+"
        whole += f"|[0-9]{{1,2}}(?:{group}[0-9]{{2}})*{group}[0-9]{{3}}" if indian else ""
    return rf"^[+-]?(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def _character_class(mark: str) -> str:
    """Return the regular expression of a mark and its variants."""
    variants = _VARIANTS.get(mark, mark)
    return "[" + "".join(f"\\{variant}" if variant in r"\]^-[&~" else variant for variant in variants) + "]"


def read_boolean(texts: pl.Series, true_values: tuple[str, ...], false_values: tuple[str, ...]) -> pl.Series:
    """Rewrite the words for true and false, in any case; null for any other text."""
    words = {word.lower(): "true" for word in true_values} | {word.lower(): "false" for word in false_values}
    return texts.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)
