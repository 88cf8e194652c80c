"""Canonical CSV bytes become text columns in one strict reading, whose rows are compared with those counted."""

import polars as pl

from processor.errors import RowAccounting
from processor.model import Dialect, Field, Plan
from processor.native import split


def parse(body: bytes, plan: Plan, dialect: Dialect, expected: int) -> pl.DataFrame:
    """Read `expected` records of RFC 4180 bytes into one String column per field of the plan, named by its column.

    The quote is `"` whatever the file's was, for `body` has been rewritten where it must. An unquoted empty field is
    null, a quoted one is '' (as in COPY). A field whose text is one of `plan.null_values` is null, quoted or not.
    Raise RowAccounting when the records are not as many, or not of as many fields.
    """
    wanted = [field.index for field in plan.fields if field.index >= 0]
    frame = split(body, dialect.delimiter, plan.width, wanted, expected, plan.null_values)
    if frame is None:
        raise RowAccounting(f"the parser did not find {expected} records of {plan.width} fields where it should")
    if len(wanted) == len(plan.fields):  # 1/22 of what a select takes, which is felt by small files
        frame.columns = [field.column.name for field in plan.fields]
        return frame
    return frame.select([_column(field).alias(field.column.name) for field in plan.fields])


def _column(field: Field) -> pl.Expr:
    """Give a field's texts; nulls for a column that the file does not have, which its default will replace."""
    return pl.col(str(field.index)) if field.index >= 0 else pl.lit(None, pl.String)
