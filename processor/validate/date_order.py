"""Ambiguous dates, such as 01/02/2026.

Postgres would read them by its DateStyle; unless the job declares the order of day and month, they are rejected.
"""

from typing import Final

import polars as pl

from processor.model import Column

AMBIGUOUS: Final = "{}: the order of day and month is ambiguous: set date_formats, timestamp_formats or locale"
_DATE_TYPES: Final = {"date", "timestamp without time zone", "timestamp with time zone"}
_RANGES: Final = {f"{name}{kind}" for name in ("date", "ts", "tstz") for kind in ("range", "multirange")}
_TYPES_WITH_SEVERAL: Final = {f"{name}[]" for name in _DATE_TYPES} | _RANGES
#: A time of day, with a colon or as six digits, and its zone: both may stand before the date.
_CLOCK: Final = (
    r"(?:[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?(?:\.[0-9]*)?|\b[0-9]{6}(?:\.[0-9]+)?\b)(?: ?[+-][0-9:]{1,6}$)?"
)
#: Three numbers in the usual spelling. 31/12/2026 is not ambiguous: Postgres reads it in one order or rejects it.
_USUAL: Final = r"^[^0-9+-]*(?P<a>[0-9]{1,2})[/. -]+(?P<b>[0-9]{1,2})[/. -]+[0-9]+[^0-9]*$"
_YEAR_FIRST: Final = "^[^0-9+-]*[0-9]{3}"
_MONTH: Final = (
    r"(?i)\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december)(?:[^a-z]|$)"
)


def contains_dates(column: Column) -> bool:
    """Return whether values of the column, or of its domain's base type, contain dates."""
    return column.base in _DATE_TYPES or column.base in _TYPES_WITH_SEVERAL


def ambiguous_dates(texts: pl.Series, column: Column) -> pl.Series:
    """Return the texts with a date that means another day when day and month change places.

    `texts` has neither nulls nor duplicates.
    """
    if column.base in _DATE_TYPES:
        return texts.filter(_is_ambiguous(texts))
    parts = pl.DataFrame({"text": texts, "part": texts.str.split(",")}).explode("part")
    return parts.filter(_is_ambiguous(parts["part"]))["text"].unique(maintain_order=True)


def in_another_order(texts: pl.Series, column: Column) -> frozenset[str]:
    """Return those of the texts, all of them out of Postgres's range, with a date that another order would explain.

    `13/04/2024` is one where the month comes first: what the job has to say is what `03/04/2024` needs as well.
    """
    if not contains_dates(column):
        return frozenset()
    parts = pl.DataFrame({"text": texts, "part": texts.str.split(",")}).explode("part")
    two = parts["part"].str.replace_all(_CLOCK, " ").str.extract_groups(_USUAL).struct
    a, b = two.field("a").cast(pl.Int8), two.field("b").cast(pl.Int8)
    day_and_month = (a.is_between(13, 31) & b.is_between(1, 12)) | (b.is_between(13, 31) & a.is_between(1, 12))
    return frozenset(parts["text"].filter(day_and_month.fill_null(False)).to_list())


def _is_ambiguous(texts: pl.Series) -> pl.Series:
    """Mark texts in which day and month may change places.

    In the usual spelling these are dates whose first two numbers are up to 12 and differ. In any other spelling two
    such numbers anywhere are enough: Postgres ignores most of what it does not understand between the numbers, so that
    a stricter rule is not possible.
    """
    day = pl.col("day")
    two = day.str.extract_groups(_USUAL).struct
    a, b = two.field("a").cast(pl.Int8), two.field("b").cast(pl.Int8)
    usual = (a != b) & a.is_between(1, 12) & b.is_between(1, 12)
    numbers = day.str.extract_all("[0-9]+").list.eval(pl.element().cast(pl.Int64, strict=False))
    small = numbers.list.eval(pl.element().filter(pl.element().is_between(1, 12))).list.n_unique() > 1
    clear = day.str.contains(_YEAR_FIRST) | day.str.contains(_MONTH)
    frame = texts.str.replace_all(_CLOCK, " ").to_frame("day")
    return frame.select((pl.when(a.is_null()).then(small).otherwise(usual) & ~clear).fill_null(False)).to_series()
