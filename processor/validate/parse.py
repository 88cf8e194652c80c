"""Canonical CSV bytes become text columns in one strict Polars read, whose rows are compared with those counted."""

import polars as pl

from processor.errors import RowAccounting
from processor.flow import Dialect, Field, Plan

_BOM = b"\xef\xbb\xbf"


def parse(body: bytes, plan: Plan, dialect: Dialect, expected: int) -> pl.DataFrame:
    """Read `expected` records of RFC 4180 bytes into one String column per field of the plan, named by its column.

    The quote is `"` whatever the file's was, for `body` has been rewritten where it must. An unquoted empty field is
    null, a quoted one is '' (as in COPY). A field whose text is one of `plan.null_values` is null, quoted or not:
    Polars's reader does not tell the two apart. Raise RowAccounting when the rows are not the records.
    """
    names = [str(place) for place in range(plan.width)]
    wanted = [field.index for field in plan.fields if field.index >= 0]
    if expected == 0:
        frame = pl.DataFrame({names[place]: pl.Series([], dtype=pl.String) for place in wanted})
    else:
        frame = _read(body, names, wanted, plan, dialect)
    if frame.height != expected:
        raise RowAccounting(f"the parser returned {frame.height} rows where {expected} records were counted")
    return frame.select([_column(names, field).alias(field.column.name) for field in plan.fields])


def _column(names: list[str], field: Field) -> pl.Expr:
    """Give a field's texts; nulls for a column that the file does not have, which its default will replace."""
    return pl.col(names[field.index]) if field.index >= 0 else pl.lit(None, pl.String)


def _read(body: bytes, names: list[str], wanted: list[int], plan: Plan, dialect: Dialect) -> pl.DataFrame:
    # Polars drops a BOM at the start of its input, which is a character of the first field when a chunk begins with it.
    led = body.startswith(_BOM)
    lead = b"x" + dialect.delimiter.encode() * (plan.width - 1) + b"\n" if led else b""
    try:
        frame = pl.read_csv(
            lead + body if led else body,
            columns=wanted,
            has_header=False,
            separator=dialect.delimiter,
            quote_char='"',
            schema=dict.fromkeys(names, pl.String),
            null_values=list(plan.null_values) or None,
            extra_columns="raise",
            missing_columns="raise",
        )
    except pl.exceptions.PolarsError as refusal:
        # Its message quotes the field: only the kind of the refusal may leave this function.
        raise RowAccounting(f"the parser refused records counted as whole ({type(refusal).__name__})") from None
    return frame.slice(1) if led else frame
