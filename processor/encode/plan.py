"""Which columns have an exact binary form, and a frame of texts in that form.

Binary input functions apply a column's modifier and a domain's checks as the text ones do (numeric_recv rounds,
bpcharrecv pads, domain_recv checks), so only the value itself has to be exact. Where a text is outside of the forms
that surely are, the whole chunk goes by text: COPY cannot mix the two.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from processor.encode import moments, numbers, values
from processor.encode.values import Exact
from processor.encode.wire import stream
from processor.flow import Column

#: numeric(12,2), numeric(5)
_LIMIT: Final = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
#: By the base type's name. A user's own type has its schema's name before its own and is not found here.
_EXACT: Final[dict[str, Exact]] = {
    "text": values.same,
    "character varying": values.same,
    "character": values.same,
    "bpchar": values.same,
    "json": values.same,
    "jsonb": values.same,
    "boolean": values.boolean,
    "bytea": values.from_hexadecimal,
    "uuid": values.uuid,
    "smallint": partial(numbers.integer, dtype=pl.Int16),
    "integer": partial(numbers.integer, dtype=pl.Int32),
    "bigint": partial(numbers.integer, dtype=pl.Int64),
    "real": partial(numbers.floating, dtype=pl.Float32, smallest=2.0**-126),
    "double precision": partial(numbers.floating, dtype=pl.Float64, smallest=2.0**-1022),
    "numeric": partial(numbers.numeric, limit=None),
    "date": partial(moments.moment, of="date"),
    "time without time zone": partial(moments.moment, of="time"),
    "timestamp without time zone": partial(moments.moment, of="timestamp"),
    "timestamp with time zone": partial(moments.moment, of="timestamptz"),
}

_DECISIVE: Final = {
    "boolean",
    "uuid",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "numeric",
    "date",
    "time without time zone",
    "timestamp without time zone",
    "timestamp with time zone",
}


@dataclass(frozen=True, slots=True)
class BinaryPlan:
    """How each column's texts become values, by the column's name, and which columns are jsonb (a version byte)."""

    exact: dict[str, Exact]
    jsonb: frozenset[str]


def binary_plan(columns: Sequence[Column]) -> BinaryPlan | None:
    """Choose the binary form of each column; None when one of them has none, so that the job goes by text."""
    exact = {column.name: found for column in columns if (found := _exact(column)) is not None}
    if len(exact) < len(columns):
        return None
    return BinaryPlan(exact, frozenset(column.name for column in columns if column.base == "jsonb"))


def _exact(column: Column) -> Exact | None:
    if column.kind == "e":
        return values.same
    if column.base == "numeric" and column.kind == "b" and (limit := _LIMIT.search(column.type)):
        return partial(numbers.numeric, limit=(int(limit[1]), int(limit[2] or 0)))
    return _EXACT.get(column.base)


def decisive(column: Column) -> Exact | None:
    """Return the conversion that shows, where it succeeds, that Postgres takes each of the texts for the column.

    That of texts shows nothing, and that of a domain nothing about its checks.
    """
    return _exact(column) if column.kind == "b" and column.base in _DECISIVE else None


def encode(
    frame: pl.DataFrame, plan: BinaryPlan, values: Mapping[str, pl.Series] | None = None
) -> Iterator[bytes] | None:
    """Encode rows as a whole binary COPY, in pieces of about a megabyte; None when a text has no surely exact value.

    `frame` has a String column for each of the plan's, in the order of the COPY statement's; `values` those columns,
    by name, that have been converted already. The others are converted at once, the pieces are made while they are
    taken.
    """
    converted = list[pl.Series]()
    for texts in frame.iter_columns():
        done = values.get(texts.name) if values else None
        value = plan.exact[texts.name](texts) if done is None else done
        if value is None:
            return None
        converted.append(value)
    return stream(pl.DataFrame(converted), plan.jsonb)
