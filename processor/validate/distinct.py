"""Work on distinct values only, where a column repeats itself enough for that to pay."""

from collections.abc import Callable
from typing import cast

import polars as pl

Read = Callable[[pl.Series], pl.Series]


def distinctly(texts: pl.Series, read: Read) -> pl.Series:
    """Apply `read` (texts → texts, null where refused, nulls stay null) once per distinct text if these are few.

    Finding the distinct ones and putting them back costs about as much as two regular expressions: with less than four
    rows for each it does not pay. The estimate costs 5 ms for 1,000,000 rows.
    """
    if cast("int", texts.approx_n_unique()) * 4 > len(texts):
        return read(texts)
    distinct = texts.drop_nulls().unique()
    if distinct.is_empty():
        return texts
    return texts.replace_strict(distinct, read(distinct), default=None, return_dtype=pl.String)


def filled(texts: pl.Series, sure: pl.Series, slow: Callable[[str], str | None], fast: pl.Series) -> pl.Series:
    """Take `fast` where `sure` holds, and elsewhere what `slow` makes of each distinct text, one Python call each."""
    unsure = texts.filter(~sure).drop_nulls().unique()
    if unsure.is_empty():
        return fast
    known = pl.Series([slow(text) for text in unsure], dtype=pl.String)
    rest = texts.replace_strict(unsure, known, default=None, return_dtype=pl.String)
    return fast.zip_with(sure.fill_null(False), rest)


def placed(texts: pl.Series, where: pl.Series, values: pl.Series) -> pl.Series:
    """Give the texts with `values` in place of those where the mask holds; Polars's scatter writes into its series."""
    return texts.clone().scatter(where.arg_true(), values)
