"""Choose the binary form of each column, and encode a frame of texts as a binary COPY.

Binary input functions apply a column's modifier and a domain's checks as the text ones do (numeric_recv rounds,
bpcharrecv pads, domain_recv checks), so that only the value itself has to be exact. If one text has no exact value, the
whole chunk is sent in text format, because one COPY cannot mix the two.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from processor.model import Column
from processor.native.batch import Batch
from processor.native.rows import copy_rows
from processor.native.values import BinaryForm, Form, has_exact_value

#: The modifier of a type: numeric(12,2), numeric(5).
_MODIFIER: Final = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
#: The form of each base type. A user's own type is not in this table: its name is qualified with its schema.
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
#: The forms that any text has: to have one says nothing about the text.
_UNCONDITIONAL: Final = {Form.SAME, Form.JSONB, Form.WHOLE}
#: Signature, flags, and length of the header extension; -1 after the rows. Source: PostgreSQL, COPY, "Binary Format".
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class BinaryPlan:
    """The binary form of each column's texts, by the column's name."""

    forms: dict[str, BinaryForm]


def binary_plan(columns: Sequence[Column]) -> BinaryPlan | None:
    """Choose the binary form of each column; return None if a column has none, so that the job uses the text format."""
    forms = {column.name: form for column in columns if (form := _form(column)) is not None}
    return BinaryPlan(forms) if len(forms) == len(columns) else None


def _form(column: Column) -> BinaryForm | None:
    if column.kind == "e":
        return BinaryForm(Form.SAME)
    form = _FORMS.get(column.base)
    modifier = _MODIFIER.search(column.type) if form in _LIMITED and column.kind == "b" else None
    if modifier is not None and form is not None:
        return BinaryForm(form, int(modifier[1]), int(modifier[2] or 0))
    return None if form is None else BinaryForm(form)


def exact_form(column: Column) -> BinaryForm | None:
    """Return the form in which a text's exact value proves that the column accepts the text; None if there is none.

    The form of json proves nothing, and that of a domain proves nothing about the domain's checks.
    """
    form = _form(column) if column.kind == "b" else None
    if form is None or form.form in _UNCONDITIONAL or (column.base == "character" and not form.precision):
        return None
    return form


def encode_binary(
    frame: pl.DataFrame, plan: BinaryPlan, certain: frozenset[str] = frozenset()
) -> Iterator[bytes] | None:
    """Encode rows as a complete binary COPY, in pieces; return None if a text has no exact value.

    `frame` has one column for each of the plan's, in the order of the COPY statement: texts, or 64-bit integers.
    `certain` names the columns in which every text is known to have an exact value. The pieces are
    made one by one, as they are taken.
    """
    names = frame.columns
    forms = [
        plan.forms[name] if dtype == pl.String else BinaryForm(Form.WHOLE)
        for name, dtype in zip(names, frame.dtypes, strict=True)
    ]
    unchecked = [
        place
        for place, form in enumerate(forms)
        if not (form.form in _UNCONDITIONAL or form.form is Form.TEXT or names[place] in certain)
    ]
    if unchecked:
        with Batch(frame) as batch:
            if not all(has_exact_value(batch, place, forms[place]).all() for place in unchecked):
                return None
    return _stream(frame, forms)


def _stream(frame: pl.DataFrame, forms: Sequence[BinaryForm]) -> Iterator[bytes]:
    yield _HEADER
    yield from copy_rows(frame, forms)
    yield _TRAILER
