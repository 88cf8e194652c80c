"""Which columns are opaque, and which texts a column certainly accepts although they have no exact binary value.

Most texts are decided before: a text with an exact binary value is valid (`processor.native.binary`). A text that is
not recognised here either is uncertain, not invalid, and Postgres is asked about it. Each rule is tested against
Postgres in tests/integration/test_values_against_postgres.py.
"""

from typing import Final

import polars as pl

from processor.model import Column
from processor.native import Batch, BinaryForm, Form, exact_form, has_exact_value

#: Postgres accepts hyphens after any four digits, or none; only the usual spelling has an exact binary value.
_UUID: Final = r"^[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$"
#: A date and a time of day without a zone. `[0-9]`, because `\d` is any script's digit in Rust's regular expressions.
_NAIVE: Final = r"^[0-9-]{10}[ T][0-9:.]+$"


def is_opaque(column: Column) -> bool:
    """Return whether the texts of the column are loaded unchecked.

    Postgres is asked about the texts of opaque columns once it has rejected a chunk that contains them.
    """
    return column.kind != "e" and exact_form(column) is None


def is_certain(texts: pl.Series, column: Column, time_zone: str | None = None) -> pl.Series:
    """Return which texts are nulls, or valid for the column although they have no exact binary value.

    The column is not opaque. `time_zone` is the name that `transform` appends to timestamps without a zone.
    """
    if column.kind == "e":
        return texts.is_in(list(column.labels)).fill_null(True)
    if column.base == "uuid":
        return texts.str.contains(_UUID).fill_null(True)
    if column.base == "timestamp with time zone":
        certain = _is_timestamp(texts)
        if time_zone is not None:
            naive = texts.str.strip_suffix(f" {time_zone}")
            certain |= naive.str.contains(_NAIVE).fill_null(True) & _is_timestamp(naive)
        return certain
    return texts.is_null()


def _is_timestamp(texts: pl.Series) -> pl.Series:
    """Mark the texts that a timestamp accepts; it ignores a zone, and without one the session's zone applies."""
    with Batch(texts.to_frame()) as batch:
        return pl.Series(has_exact_value(batch, 0, BinaryForm(Form.TIMESTAMP)))
