"""Which types are judged before a chunk is loaded, and which texts they surely take without an exact value.

Most texts have been judged when they come here: what has a sure value in binary is good (`processor.native.binary`). What is
not recognised here either is a doubt, not a mistake: Postgres is asked. Each line is tried against Postgres in
tests/integration/test_values_against_postgres.py.
"""

from typing import Final

import polars as pl

from processor.model import Column
from processor.native import Batch, Form, Kind, exact_form, sure

#: Postgres takes hyphens after any four digits or none at all; in binary only the usual ones have a value.
_UUID: Final = r"^[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$"
#: A date and a clock without a zone. `[0-9]` and never `\d`, which is any script's digit in Rust's regex.
_NAIVE: Final = r"^[0-9-]{10}[ T][0-9:.]+$"


def is_judged(column: Column) -> bool:
    """Tell whether each text of the column is judged before it is loaded.

    The others are opaque: Postgres is asked about them once it has refused a chunk with them.
    """
    return column.kind == "e" or exact_form(column) is not None


def accepted(texts: pl.Series, column: Column, time_zone: str | None = None) -> pl.Series:
    """Mark the texts that Postgres surely takes for a judged column though they have no sure value; nulls too.

    `time_zone` is the name that `transform` has put behind naive timestamps.
    """
    if column.kind == "e":
        return texts.is_in(list(column.labels)).fill_null(True)
    if column.base == "uuid":
        return texts.str.contains(_UUID).fill_null(True)
    if column.base == "timestamp with time zone":
        good = _moments(texts)
        if time_zone is not None:
            clocks = texts.str.strip_suffix(f" {time_zone}")
            good |= clocks.str.contains(_NAIVE).fill_null(True) & _moments(clocks)
        return good
    return texts.is_null()


def _moments(texts: pl.Series) -> pl.Series:
    """Mark what a timestamp takes, which passes over a zone; without one the session's zone counts."""
    with Batch(texts.to_frame()) as batch:
        return pl.Series(sure(batch, 0, Kind(Form.TIMESTAMP)))
