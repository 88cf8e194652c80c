"""Texts are read as the job and the target declare, before their columns' types are asked.

White space, null markers, then numbers, dates, truth or case by the column's type, then the column's normaliser. What
comes out is text that Postgres reads in one way only; what no declared form explains is rejected here, not guessed.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from processor.model import Change, Field, Plan, Reading, Rejections, Rows, Transformed
from processor.validate import formats
from processor.validate.distinct import Read, distinctly
from processor.validate.normalise import normaliser_of
from processor.validate.numbers import read_boolean, read_number
from processor.validate.offences import Offences

_PLAIN: Final = Reading()
_NUMBERS: Final = {"smallint", "integer", "bigint", "numeric", "real", "double precision", "money"}
_WORDS: Final = {"text", "character varying", "character", "bpchar", "citext", "name"}
_TIMESTAMPS: Final = {"timestamp without time zone", "timestamp with time zone"}
_POSTGRES_TRUE: Final = ("true", "t", "yes", "y", "on", "1")
_POSTGRES_FALSE: Final = ("false", "f", "no", "n", "off", "0")
_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class _Step:
    """One rewriting of a column: null in its result where a text was refused, with this code and for this reason."""

    read: Read
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A column after its reading: its texts, which of them were refused by which step, and what was changed."""

    texts: pl.Series
    refused: tuple[tuple[pl.Series, _Step], ...]
    changes: tuple[Change, ...]


def transform(rows: Rows, plan: Plan) -> Transformed:
    """Rewrite the columns whose reading is not the default; rejections go on to `check`."""
    fields = [field for field in plan.fields if field.reading != _PLAIN]
    if not fields:
        return Transformed(rows, Rejections(), ())
    # A series is worked on by one thread, outside of Python's lock.
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        outcomes = list(threads.map(partial(_read, rows), fields))
    offences = Offences(rows)
    for field, outcome in zip(fields, outcomes, strict=True):
        name = field.column.name
        for refused, step in outcome.refused:
            offences.add(refused.to_numpy(), name, step.code, f"{name}: {step.reason}")
    frame = rows.frame.with_columns([outcome.texts for outcome in outcomes])
    changes = tuple(change for outcome in outcomes for change in outcome.changes)
    return Transformed(Rows(frame, rows.index), offences.rejections(), changes)


def _read(rows: Rows, field: Field) -> _Outcome:
    """Take one column through its steps."""
    name = field.column.name
    texts = _bare(rows.frame.get_column(name), field.reading)
    refusals, changes = list[tuple[pl.Series, _Step]](), tuple[Change, ...]()
    typed, normalising = _typed(field), _normalising(field)
    for step in (typed, normalising):
        if step is None:
            continue
        read = distinctly(texts, step.read)
        refused = read.is_null() & texts.is_not_null()
        if refused.any():
            refusals.append((refused, step))
        if step is normalising:
            changes = _changes(name, texts, read)
        texts = read
    if field.reading.default is not None:
        texts = texts.fill_null(field.reading.default)
    return _Outcome(texts.alias(name), tuple(refusals), changes)


def _bare(texts: pl.Series, reading: Reading) -> pl.Series:
    """Trim and take null markers out; a text of nothing but white space is null then, the quoted empty text stays."""
    if reading.trim:
        bare = texts.str.strip_chars()
        empty = bare.str.len_bytes() == 0
        blank = empty & (texts.str.len_bytes() > 0) if empty.any() else empty
        texts = pl.select(pl.when(~blank).then(bare)).to_series() if blank.any() else bare
    if reading.null_values:
        missing = texts.is_in(list(reading.null_values))
        texts = pl.select(pl.when(~missing).then(texts)).to_series() if missing.any() else texts
    return texts


def _typed(field: Field) -> _Step | None:
    """Choose the rewriting that the column's type and its reading ask for."""
    base, how = field.column.base, field.reading
    if field.column.kind == "e" or base in _WORDS:
        return _cased(how)
    if base in _NUMBERS and (how.decimal != "." or how.thousands is not None):
        return _Step(
            lambda texts: read_number(texts, how.decimal, how.thousands, how.indian),
            "IJ403",
            "not a number with the declared marks",
        )
    if base == "boolean" and (how.true_values or how.false_values):
        true_values, false_values = how.true_values or _POSTGRES_TRUE, how.false_values or _POSTGRES_FALSE
        return _Step(
            lambda texts: read_boolean(texts, true_values, false_values), "IJ403", "none of the declared boolean words"
        )
    return _dated(base, how)


def _cased(how: Reading) -> _Step | None:
    if how.case is None:
        return None
    lower = how.case == "lower"
    return _Step(lambda texts: texts.str.to_lowercase() if lower else texts.str.to_uppercase(), "IJ403", "no text")


def _dated(base: str, how: Reading) -> _Step | None:
    reason = "in none of the declared formats"
    if base == "date" and how.date_formats:
        return _Step(lambda texts: formats.read_date(texts, how.date_formats, how.months), "IJ403", reason)
    zone = how.time_zone if base == "timestamp with time zone" else None
    if base in _TIMESTAMPS and (how.timestamp_formats or zone):
        accepted = how.timestamp_formats or (formats.ISO,)
        return _Step(lambda texts: formats.read_timestamp(texts, accepted, how.months, zone), "IJ403", reason)
    return None


def _normalising(field: Field) -> _Step | None:
    settings = field.reading.normaliser
    if settings is None:
        return None
    return _Step(*normaliser_of(settings))


def _changes(name: str, before: pl.Series, after: pl.Series) -> tuple[Change, ...]:
    changed = (before != after).fill_null(False)
    count = int(changed.sum())
    if not count:
        return ()
    first = changed.arg_true().head(_EXAMPLES)
    examples = zip(before.gather(first).to_list(), after.gather(first).to_list(), strict=True)
    return (Change(name, count, tuple(examples)),)
