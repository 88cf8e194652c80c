"""The checks of a chunk: what is surely good, what only Postgres can judge, and the rejections once it has."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from processor.model import CastResult, Checked, Column, Plan, Rejections, Rows, UncertainValues
from processor.native import Batch, exact_form, sure
from processor.validate.ambiguous import AMBIGUOUS, ambiguous, is_dated
from processor.validate.offences import Offences
from processor.validate.refusals import code_of, sentence
from processor.validate.types import accepted, is_judged


def check(rows: Rows, plan: Plan, known: Rejections | None = None) -> Checked:
    """Split the chunk's texts into surely good ones and doubts, and find nulls where none may be.

    `known` are the rejections of `transform`. The result keeps every row, the rejected ones too: `settle` takes them
    out, and must be called even without doubts.
    """
    frame = rows.frame
    left = _without_value(frame, plan)
    without_doubt = frozenset(name for name, texts in left.items() if not len(texts))
    doubts: list[UncertainValues] = []
    offences = Offences(rows)
    offences.add_known(known or Rejections())
    for field in plan.fields:
        column, texts = field.column, frame.get_column(field.column.name)
        if column.not_null and texts.null_count():
            offences.add(texts.is_null().to_numpy(), column.name, "IJ404", sentence("IJ404", column))
        if column.name in without_doubt:
            continue
        unsure = _unsure(left.get(column.name, texts), column, field.reading.time_zone)
        if is_dated(column) and (either := ambiguous(unsure, column)).len():
            bad = texts.is_in(either.implode()).fill_null(False).to_numpy()
            offences.add(bad, column.name, "IJ403", AMBIGUOUS.format(column.name))
            unsure = unsure.filter(~unsure.is_in(either.implode()))
        if is_judged(column) and len(unsure):
            doubts.append(UncertainValues(column, unsure))
    return Checked(replace(rows, certain=without_doubt), tuple(doubts), offences.rejections())


def _without_value(frame: pl.DataFrame, plan: Plan) -> dict[str, pl.Series]:
    """Return the distinct texts without a sure value, of the columns where having one decides."""
    found = dict[str, pl.Series]()
    with Batch(frame) as batch:
        for place, field in enumerate(plan.fields):
            if (kind := exact_form(field.column)) is not None:
                texts, has_value = frame.to_series(place), sure(batch, place, kind)
                found[texts.name] = (
                    texts.clear() if has_value.all() else texts.filter(~has_value).unique(maintain_order=True)
                )
    return found


def _unsure(texts: pl.Series, column: Column, time_zone: str | None) -> pl.Series:
    """Return the distinct texts that are not surely good; of opaque types only those that may hide a date's order."""
    if not is_judged(column):
        return texts.drop_nulls().unique(maintain_order=True) if is_dated(column) else texts.clear()
    good = accepted(texts, column, time_zone)
    return texts.clear() if good.all() else texts.filter(~good).unique(maintain_order=True)


def settle(checked: Checked, verdicts: Iterable[CastResult]) -> tuple[Rows, Rejections]:
    """Apply Postgres's verdicts: the rows to load, and one rejection per other row, for its first offending column."""
    rows = checked.rows
    offences = Offences(rows)
    offences.add_known(checked.rejections)
    for verdict in verdicts:
        texts = rows.frame.get_column(verdict.column.name)
        by_code: defaultdict[str, list[str]] = defaultdict(list)
        for text, sqlstate in verdict.invalid.items():
            by_code[code_of(sqlstate)].append(text)
        for code, refused in by_code.items():
            bad = texts.is_in(refused).fill_null(False).to_numpy()
            offences.add(bad, verdict.column.name, code, sentence(code, verdict.column))
    rejected = offences.rejected()
    if not rejected.any():
        return rows, Rejections()
    return rows.kept(~rejected), offences.rejections()


def opaque_doubts(rows: Rows, plan: Plan) -> tuple[UncertainValues, ...]:
    """Ask for every distinct text of the opaque columns: the second round, after a COPY failed."""
    doubts: list[UncertainValues] = []
    for field in plan.fields:
        if not is_judged(field.column):
            texts = rows.frame.get_column(field.column.name).drop_nulls().unique(maintain_order=True)
            if len(texts):
                doubts.append(UncertainValues(field.column, texts))
    return tuple(doubts)
