"""Numbers with the marks of a country become numbers with a point; what the marks do not explain is refused."""

from typing import Final

import polars as pl

from processor.validate.distinct import placed

#: Spaces and apostrophes come in kinds that look alike: no-break and narrow no-break space, the typographic apostrophe.
_ALIKE: Final = {" ": " \u00a0\u202f\u2009", "'": "'\u2019"}
_MINUS: Final = "\u2212"


def _mark_class(mark: str) -> str:
    return "[" + "".join(f"\\{each}" if each in r"\]^-[&~" else each for each in _ALIKE.get(mark, mark)) + "]"


def read_number(texts: pl.Series, decimal: str, thousands: str | None, indian: bool) -> pl.Series:
    """Rewrite numbers for Postgres: `1.234,56` → `1234.56`; null for texts that are no number with these marks.

    Digits are grouped rightly or not at all: `1.23,4` is refused.
    """
    if not texts.str.contains("[^0-9+-]").any():
        return texts  # nothing to rewrite; what is no number, such as 1-2, Postgres refuses
    point = _mark_class(decimal)
    whole = "[0-9]+"
    if thousands is not None:
        group = _mark_class(thousands)
        whole += f"|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+"
        whole += f"|[0-9]{{1,2}}(?:{group}[0-9]{{2}})*{group}[0-9]{{3}}" if indian else ""
    pattern = rf"^[+-]?(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?$"
    text = pl.col("t")
    plain = text
    if thousands is not None:
        for each in _ALIKE.get(thousands, thousands):
            plain = plain.str.replace_all(each, "", literal=True)
    if decimal != ".":
        plain = plain.str.replace(decimal, ".", literal=True)
    frame = texts.to_frame("t")
    read = frame.select(pl.when(text.str.contains(pattern)).then(plain)).to_series()
    signed = texts.is_not_null() & read.is_null() & texts.str.starts_with(_MINUS)
    if not signed.any():
        return read
    hyphened = texts.filter(signed).str.replace(_MINUS, "-", literal=True)
    return placed(read, signed, read_number(hyphened, decimal, thousands, indian))


def read_boolean(texts: pl.Series, true_values: tuple[str, ...], false_values: tuple[str, ...]) -> pl.Series:
    """Rewrite the words for true and false, whatever their case; null for any other."""
    words = {word.lower(): "true" for word in true_values} | {word.lower(): "false" for word in false_values}
    return texts.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)
