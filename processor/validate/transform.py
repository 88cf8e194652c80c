"""Rewrite texts as the job and the target declare, before they are checked against the types of their columns.

The order is: white space, null values and errors of a spreadsheet, then numbers, dates, booleans or case by the
column's type, then the column's normaliser. The result is text that Postgres reads in one way only. A text that fits no
declared form is rejected here.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from processor.model import Change, Field, Message, Plan, Reading, Rejections, Rows, Transformed
from processor.validate import formats
from processor.validate.formula_text import read_formula_text
from processor.validate.normalise import normaliser_of
from processor.validate.numbers import read_boolean, read_number
from processor.validate.rejection_collector import RejectionCollector
from processor.validate.rewriting import Rewrite, rewrite_distinct
from processor.validate.strptime import ISO

_DEFAULT: Final = Reading()
_NUMBER_TYPES: Final = {"smallint", "integer", "bigint", "numeric", "real", "double precision", "money"}
_TEXT_TYPES: Final = {"text", "character varying", "character", "bpchar", "citext", "name"}
_TIMESTAMP_TYPES: Final = {"timestamp without time zone", "timestamp with time zone"}
_POSTGRES_TRUE: Final = ("true", "t", "yes", "y", "on", "1")
_POSTGRES_FALSE: Final = ("false", "f", "no", "n", "off", "0")
_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class _Step:
    """One rewriting of a column; a text that becomes null is rejected with this code and reason."""

    rewrite: Rewrite
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Result:
    """A column after its steps: its texts, the mask of the texts that each step rejected, and the changes.

    `empty` marks the empty fields that stand for the column's default in the table; None where there are none.
    """

    texts: pl.Series
    empty: pl.Series | None
    rejected: tuple[tuple[pl.Series, _Step], ...]
    changes: tuple[Change, ...]


def transform(rows: Rows, plan: Plan) -> Transformed:
    """Rewrite the columns whose reading is not the default; pass the rejections on to `check`."""
    fields = [field for field in plan.fields if field.reading != _DEFAULT]
    if not fields:
        return Transformed(rows, Rejections(), ())
    # Polars works on one series in one thread, without Python's lock.
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        results = list(threads.map(partial(_rewrite, rows), fields))
    collector = RejectionCollector(rows)
    for field, result in zip(fields, results, strict=True):
        name = field.column.name
        for rejected, step in result.rejected:
            message = Message(f"{name}: {step.reason}", type=field.column.type, reason=step.reason)
            collector.add(rejected.to_numpy(), name, step.code, message)
    frame = rows.frame.with_columns([result.texts for result in results])
    changes = tuple(change for result in results for change in result.changes)
    masks = [result.empty for result in results if result.empty is not None]
    empty = pl.DataFrame(masks) if masks else None
    return Transformed(Rows(frame, rows.index, empty=empty), collector.rejections(), changes)


def _rewrite(rows: Rows, field: Field) -> _Result:
    """Apply the steps of one column."""
    name = field.column.name
    texts = _unwrapped(rows.frame.get_column(name), field.reading)
    empty = _stand_for_defaults(texts, field.reading)
    texts = _without_null_values(texts, field.reading)
    rejections, changes = list[tuple[pl.Series, _Step]](), tuple[Change, ...]()
    normalising = _normalising_step(field)
    for step in (_cell_error_step(field.reading), _step_by_type(field), normalising):
        if step is None:
            continue
        rewritten = rewrite_distinct(texts, step.rewrite)
        rejected = rewritten.is_null() & texts.is_not_null()
        if rejected.any():
            rejections.append((rejected, step))
        if step is normalising:
            changes = _changes(name, texts, rewritten)
        texts = rewritten
    if field.reading.default is not None:
        texts = texts.fill_null(field.reading.default)
    return _Result(texts.alias(name), empty, tuple(rejections), changes)


def _unwrapped(texts: pl.Series, reading: Reading) -> pl.Series:
    """Trim the texts and take texts out of their formulas.

    With `trim`, a text of white space becomes null; a quoted empty text stays empty.
    """
    texts = _trimmed(texts) if reading.trim else texts
    if reading.formula_text:
        texts = read_formula_text(texts)
        texts = _trimmed(texts) if reading.trim else texts
    return texts


def _stand_for_defaults(texts: pl.Series, reading: Reading) -> pl.Series | None:
    """Mark the fields that take the default of the table's column, which a default in the target's settings precedes.

    These are nulls before the null values are replaced: a null value such as NULL is null, whatever an empty field is.
    """
    if reading.empty_as == "null" or reading.default is not None or not texts.null_count():
        return None
    return texts.is_null()


def _without_null_values(texts: pl.Series, reading: Reading) -> pl.Series:
    """Replace null values by null."""
    if not reading.null_values:
        return texts
    is_null = texts.is_in(list(reading.null_values))
    return pl.select(pl.when(~is_null).then(texts)).to_series() if is_null.any() else texts


def _trimmed(texts: pl.Series) -> pl.Series:
    """Strip white space; a text that has nothing else becomes null."""
    trimmed = texts.str.strip_chars()
    empty = trimmed.str.len_bytes() == 0
    blank = empty & (texts.str.len_bytes() > 0) if empty.any() else empty
    return pl.select(pl.when(~blank).then(trimmed)).to_series() if blank.any() else trimmed


def _cell_error_step(reading: Reading) -> _Step | None:
    """Return the step that rejects error values of a spreadsheet, in columns of text as well."""
    if not reading.cell_errors:
        return None
    errors = list(reading.cell_errors)
    return _Step(
        lambda texts: pl.select(pl.when(~texts.is_in(errors)).then(texts)).to_series(),
        "IJ403",
        "an error value of the spreadsheet, such as #REF!",
    )


def _step_by_type(field: Field) -> _Step | None:
    """Return the rewriting for the column's type, None when its reading declares nothing for that type."""
    base, reading = field.column.base, field.reading
    if field.column.kind == "e" or base in _TEXT_TYPES:
        return _case_step(reading)
    if base in _NUMBER_TYPES and (reading.decimal != "." or reading.thousands is not None):
        return _Step(
            lambda texts: read_number(texts, reading.decimal, reading.thousands, reading.indian),
            "IJ403",
            "not a number with the declared marks",
        )
    if base == "boolean" and (reading.true_values or reading.false_values):
        true_values, false_values = reading.true_values or _POSTGRES_TRUE, reading.false_values or _POSTGRES_FALSE
        return _Step(
            lambda texts: read_boolean(texts, true_values, false_values),
            "IJ403",
            "not one of the declared words for true and false",
        )
    return _date_step(base, reading)


def _case_step(reading: Reading) -> _Step | None:
    if reading.case is None:
        return None
    lower = reading.case == "lower"
    return _Step(
        lambda texts: texts.str.to_lowercase() if lower else texts.str.to_uppercase(), "IJ403", "not a valid text"
    )


def _date_step(base: str, reading: Reading) -> _Step | None:
    reason = "in none of the declared formats"
    if base == "date" and reading.date_formats:
        return _Step(
            lambda texts: formats.read_date(texts, reading.date_formats, reading.months, reading.decimal),
            "IJ403",
            reason,
        )
    zone = reading.time_zone if base == "timestamp with time zone" else None
    if base in _TIMESTAMP_TYPES and (reading.timestamp_formats or zone):
        notations = reading.timestamp_formats or (ISO,)
        return _Step(
            lambda texts: formats.read_timestamp(texts, notations, reading.months, zone, reading.decimal),
            "IJ403",
            reason,
        )
    return None


def _normalising_step(field: Field) -> _Step | None:
    settings = field.reading.normaliser
    return None if settings is None else _Step(*normaliser_of(settings))


def _changes(name: str, before: pl.Series, after: pl.Series) -> tuple[Change, ...]:
    """Count the texts that a normaliser changed, and keep the first few of them as examples."""
    changed = (before != after).fill_null(False)
    count = int(changed.sum())
    if not count:
        return ()
    first = changed.arg_true().head(_EXAMPLES)
    examples = zip(before.gather(first).to_list(), after.gather(first).to_list(), strict=True)
    return (Change(name, count, tuple(examples)),)
