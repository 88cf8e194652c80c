"""Dates such as 01/02/2026, which Postgres would read by its DateStyle: without a declared order they are refused."""

from typing import Final

import polars as pl

from processor.flow import Column

AMBIGUOUS: Final = "{}: day or month may come first: set date_formats, timestamp_formats or locale"
_ORDERED: Final = {"date", "timestamp without time zone", "timestamp with time zone"}
_RANGES: Final = {f"{name}{kind}" for name in ("date", "ts", "tstz") for kind in ("range", "multirange")}
_SEVERAL: Final = {f"{name}[]" for name in _ORDERED} | _RANGES
#: A clock, with a colon or as six digits, may stand before the date.
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]*)?)?|\b[0-9]{6}(?:\.[0-9]+)?\b"
#: The first two numbers up to 12, and a year. 31/12/2026 is left to Postgres: it takes it in one order or refuses it.
_EITHER: Final = r"^[^0-9]*(?P<a>0?[1-9]|1[0-2])[^0-9]+(?P<b>0?[1-9]|1[0-2])[^0-9]+[0-9]"
_MONTH: Final = (
    r"(?i)\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december)(?:[^a-z]|$)"
)


def is_dated(column: Column) -> bool:
    """Tell whether values of the column, or of its domain's type, contain days."""
    return column.base in _ORDERED or column.base in _SEVERAL


def ambiguous(texts: pl.Series, column: Column) -> pl.Series:
    """Choose the texts with a date which both orders of day and month can read, differently; no nulls, no doubles."""
    if column.base in _ORDERED:
        return texts.filter(_is_ambiguous(texts))
    parts = pl.DataFrame({"text": texts, "part": texts.str.split(",")}).explode("part")
    return parts.filter(_is_ambiguous(parts["part"]))["text"].unique(maintain_order=True)


def _is_ambiguous(texts: pl.Series) -> pl.Series:
    days = texts.str.replace_all(_CLOCK, " ")
    numbers = days.str.extract_groups(_EITHER).struct.unnest()
    differ = numbers["a"].cast(pl.Int8) != numbers["b"].cast(pl.Int8)
    return differ.fill_null(False) & ~texts.str.contains(_MONTH)
