"""Which columns have an exact binary form, and a frame of texts in that form.

Binary input functions apply a column's modifier and a domain's checks as the text ones do (numeric_recv rounds,
bpcharrecv pads, domain_recv checks), so only the value itself has to be exact. Where a text is outside of the forms
that surely are, the whole chunk goes by text: COPY cannot mix the two.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from processor.model import Column
from processor.native.batch import Batch
from processor.native.rows import copy_rows
from processor.native.values import Form, Kind, sure

#: numeric(12,2), numeric(5)
_LIMIT: Final = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
#: By the base type's name. A user's own type has its schema's name before its own and is not found here.
_FORMS: Final = {
    "text": Form.TEXT,
    "character varying": Form.TEXT,
    "character": Form.TEXT,
    "bpchar": Form.TEXT,
    "json": Form.SAME,
    "jsonb": Form.JSONB,
    "boolean": Form.BOOLEAN,
    "bytea": Form.BYTEA,
    "uuid": Form.UUID,
    "smallint": Form.INT2,
    "integer": Form.INT4,
    "bigint": Form.INT8,
    "real": Form.FLOAT4,
    "double precision": Form.FLOAT8,
    "numeric": Form.NUMERIC,
    "date": Form.DATE,
    "time without time zone": Form.TIME,
    "timestamp without time zone": Form.TIMESTAMP,
    "timestamp with time zone": Form.TIMESTAMPTZ,
}
_LIMITED: Final = {Form.NUMERIC, Form.TEXT}
#: Any text has a value of these, so that it says nothing about the text.
_ANY: Final = {Form.SAME, Form.JSONB, Form.WHOLE}
#: Source: PostgreSQL, COPY, "Binary Format": signature, flags, length of the extension; after the rows -1.
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class BinaryPlan:
    """What the texts of each column become, by the column's name."""

    kinds: dict[str, Kind]


def binary_plan(columns: Sequence[Column]) -> BinaryPlan | None:
    """Choose the binary form of each column; None when one of them has none, so that the job goes by text."""
    kinds = {column.name: found for column in columns if (found := _kind(column)) is not None}
    return BinaryPlan(kinds) if len(kinds) == len(columns) else None


def _kind(column: Column) -> Kind | None:
    if column.kind == "e":
        return Kind(Form.SAME)
    form = _FORMS.get(column.base)
    limit = _LIMIT.search(column.type) if form in _LIMITED and column.kind == "b" else None
    if limit is not None and form is not None:
        return Kind(form, int(limit[1]), int(limit[2] or 0))
    return None if form is None else Kind(form)


def exact_form(column: Column) -> Kind | None:
    """Return the form that shows, where a text has it, that Postgres takes the text for the column.

    That of json shows nothing, and that of a domain nothing about its checks.
    """
    kind = _kind(column) if column.kind == "b" else None
    if kind is None or kind.form in _ANY or (column.base == "character" and not kind.precision):
        return None
    return kind


def encode_binary(frame: pl.DataFrame, plan: BinaryPlan, known: frozenset[str] = frozenset()) -> Iterator[bytes] | None:
    """Encode rows as a whole binary COPY, in pieces; None when a text has no surely exact value.

    `frame` has a column for each of the plan's, in the order of the COPY statement's: texts, or whole numbers. `known`
    names columns whose texts are known to have one. The pieces are made while they are taken.
    """
    names = frame.columns
    kinds = [
        plan.kinds[name] if dtype == pl.String else Kind(Form.WHOLE)
        for name, dtype in zip(names, frame.dtypes, strict=True)
    ]
    open_questions = [
        place
        for place, kind in enumerate(kinds)
        if not (kind.form in _ANY or kind.form is Form.TEXT or names[place] in known)
    ]
    if open_questions:
        with Batch(frame) as batch:
            if not all(sure(batch, place, kinds[place]).all() for place in open_questions):
                return None
    return _stream(frame, kinds)


def _stream(frame: pl.DataFrame, kinds: Sequence[Kind]) -> Iterator[bytes]:
    yield _HEADER
    yield from copy_rows(frame, kinds)
    yield _TRAILER
