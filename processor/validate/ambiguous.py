"""Dates such as 01/02/2026, which Postgres would read by its DateStyle: without a declared order they are refused."""

from typing import Final

import polars as pl

ORDERED: Final = {"date", "timestamp without time zone", "timestamp with time zone"}
AMBIGUOUS: Final = "{}: day or month may come first: set date_formats, timestamp_formats or locale"
#: Two numbers up to 12 and a year. 31/12/2026 is left to Postgres: it takes it in one order or refuses it.
_EITHER: Final = r"^\s*(?P<a>0?[1-9]|1[0-2])[/.-](?P<b>0?[1-9]|1[0-2])[/.-][0-9]{2,4}(?:[^0-9]|$)"


def is_ambiguous(texts: pl.Series) -> pl.Series:
    """Mark texts that begin with a date which both orders of day and month can read, differently."""
    numbers = texts.str.extract_groups(_EITHER).struct.unnest()
    return (numbers["a"].cast(pl.Int8) != numbers["b"].cast(pl.Int8)).fill_null(False)
