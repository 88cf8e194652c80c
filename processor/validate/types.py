"""The fast path of each type: a Polars expression true only for texts that Postgres surely accepts for the column.

What an expression does not recognise is a doubt, not a mistake, so each may leave out whatever is rare or hard: white
space, NaN and infinity, hexadecimal, years before 1000. `[0-9]` and never `\\d`, which is any script's digit in Rust's
regex. Every line here is tried against Postgres in tests/integration/test_values_against_postgres.py.
"""

import re
from collections.abc import Callable
from typing import Final

import polars as pl

from processor.flow import Column

_MODIFIER = re.compile(r"\((-?[0-9]+)(?:,(-?[0-9]+))?\)")

_YEAR = r"[1-9][0-9]{3}"
_LEAP_YEAR = r"(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
_DATE = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE = r"(?:Z| UTC| ?[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_TIMESTAMP = rf"^{_DATE}(?:[ T]{_TIME}{_ZONE}?)?$"
_UUID = r"^[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$"
#: Bounds keep every match inside the range: real from 1e-37 to 1e37, double precision from 1e-216 to 1e216.
_REAL = r"^[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}|[0-9]{1,8}(?:\.[0-9]{0,8})?[eE][+-]?[0-2]?[0-9])$"
_DOUBLE = (
    r"^[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}|[0-9]{1,17}(?:\.[0-9]{0,17})?[eE][+-]?[01]?[0-9]{1,2})$"
)
_BOOLEAN = [
    form
    for word in ("t", "f", "true", "false", "y", "n", "yes", "no", "on", "off")
    for form in {word, word.upper(), word.title()}
] + ["1", "0"]

#: Longer numbers are doubts: Postgres takes 131072 digits before the point and 16383 after it.
_NUMBER_BYTES: Final = 200


def fast_path(column: Column, time_zone: str | None = None) -> pl.Expr | None:
    """Give the expression that recognises surely good texts of the column, and is not false for nulls.

    `time_zone` is the name that `transform` has put behind naive timestamps.
    None: the type is opaque, its texts are not judged before Postgres has refused a chunk with them.
    """
    if column.kind == "e":
        return pl.col(column.name).is_in(list(column.labels))
    if column.kind == "d":
        return None
    if time_zone is not None and column.base == "timestamp with time zone":
        return pl.col(column.name).str.contains(rf"^{_DATE}[ T]{_TIME} {re.escape(time_zone)}$|{_TIMESTAMP}")
    recognise = _FAST.get(column.base)
    return None if recognise is None else recognise(column)


def _modifiers(column: Column) -> tuple[int, ...]:
    found = _MODIFIER.search(column.type)
    return tuple(int(part) for part in found.groups() if part is not None) if found else ()


def _anything(column: Column) -> pl.Expr:
    return pl.col(column.name).is_null() | pl.lit(True)  # a value for each row, not just one


def _characters(column: Column) -> pl.Expr:
    limit = _modifiers(column)
    if not limit:
        # `character` without a length is character(1) to whoever declares it.
        return pl.col(column.name).is_null() | pl.lit(column.base != "character")
    return pl.col(column.name).str.len_chars() <= limit[0]


def _integer(dtype: type[pl.DataType]) -> Callable[[Column], pl.Expr]:
    # Polars's cast takes exactly `[+-]?[0-9]+` within the range, in a third of a regular expression's time.
    def recognise(column: Column) -> pl.Expr:
        text = pl.col(column.name)
        return text.cast(dtype, strict=False).is_not_null() | text.is_null()

    return recognise


def _numeric(column: Column) -> pl.Expr | None:
    text = pl.col(column.name)
    sizes = _modifiers(column)
    if not sizes:
        return text.str.contains(r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$") & (text.str.len_bytes() <= _NUMBER_BYTES)
    precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
    whole = precision - scale
    if scale < 0 or whole < 0:
        return None
    # Digits after the scale are rounded, which may carry into one more digit before the point: one fewer is sure.
    accepted = [rf"0*[0-9]{{1,{whole}}}(?:\.[0-9]{{0,{scale}}})?" if whole else rf"0+(?:\.[0-9]{{0,{scale}}})?"]
    if whole > 1:
        accepted.append(rf"0*[0-9]{{1,{whole - 1}}}\.[0-9]*")
    if scale:
        accepted.append(rf"\.[0-9]{{1,{scale}}}")
    return text.str.contains(rf"^[+-]?(?:{'|'.join(accepted)})$") & (text.str.len_bytes() <= _NUMBER_BYTES)


def _boolean(column: Column) -> pl.Expr:
    return pl.col(column.name).is_in(_BOOLEAN)


def _matching(pattern: str) -> Callable[[Column], pl.Expr]:
    return lambda column: pl.col(column.name).str.contains(pattern)


_FAST: Final[dict[str, Callable[[Column], pl.Expr | None]]] = {
    "text": _anything,
    "character varying": _characters,
    "character": _characters,
    "bpchar": _characters,
    "smallint": _integer(pl.Int16),
    "integer": _integer(pl.Int32),
    "bigint": _integer(pl.Int64),
    "numeric": _numeric,
    "real": _matching(_REAL),
    "double precision": _matching(_DOUBLE),
    "boolean": _boolean,
    "date": _matching(rf"^{_DATE}$"),
    "time without time zone": _matching(rf"^{_TIME}$"),
    "timestamp without time zone": _matching(_TIMESTAMP),
    "timestamp with time zone": _matching(_TIMESTAMP),
    "uuid": _matching(_UUID),
}
