"""Check the texts of a chunk: find the certain and the uncertain ones, then reject what Postgres does not accept."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from processor.model import CastResult, Checked, Column, Plan, Rejections, Rows, UncertainValues
from processor.native import Batch, exact_form, has_exact_value
from processor.validate.cast_errors import DATE_OUT_OF_RANGE, cast_error_code, rejection_message
from processor.validate.date_order import AMBIGUOUS, ambiguous_dates, contains_dates, in_another_order
from processor.validate.rejection_collector import RejectionCollector
from processor.validate.types import is_certain, is_opaque


def check(rows: Rows, plan: Plan, rejections: Rejections | None = None) -> Checked:
    """Find the uncertain texts of a chunk, nulls in columns that are not null, and ambiguous dates.

    `rejections` are those of `transform`. The result still holds the rejected rows: call `settle` to remove them, even
    when no text is uncertain.
    """
    frame = rows.frame
    inexact = _inexact_texts(frame, plan)
    certain = frozenset(name for name, texts in inexact.items() if not len(texts))
    uncertain: list[UncertainValues] = []
    collector = RejectionCollector(rows)
    collector.add_all(rejections or Rejections())
    for field in plan.fields:
        column, texts = field.column, frame.get_column(field.column.name)
        if column.not_null and texts.null_count():
            lacking = texts.is_null() if column.required else texts.is_null() & ~_takes_default(rows, column)
            collector.add(lacking.to_numpy(), column.name, "IJ404", rejection_message("IJ404", column))
        if column.name in certain:
            continue
        candidates = _uncertain_texts(inexact.get(column.name, texts), column, field.reading.time_zone)
        if contains_dates(column) and (ambiguous := ambiguous_dates(candidates, column)).len():
            invalid = texts.is_in(ambiguous.implode()).fill_null(False).to_numpy()
            collector.add(invalid, column.name, "IJ403", AMBIGUOUS.format(column.name))
            candidates = candidates.filter(~candidates.is_in(ambiguous.implode()))
        if len(candidates) and not is_opaque(column):
            uncertain.append(UncertainValues(column, candidates))
    return Checked(replace(rows, certain=certain), tuple(uncertain), collector.rejections())


def _takes_default(rows: Rows, column: Column) -> pl.Series:
    """Mark the nulls of a column that stand for its default in the table."""
    if rows.empty is None or column.name not in rows.empty.columns:
        return pl.repeat(False, rows.frame.height, dtype=pl.Boolean, eager=True)
    return rows.empty.get_column(column.name)


def _inexact_texts(frame: pl.DataFrame, plan: Plan) -> dict[str, pl.Series]:
    """Return the distinct texts without an exact binary value, for each column that is not opaque and no enum."""
    inexact: dict[str, pl.Series] = {}
    with Batch(frame) as batch:
        for place, field in enumerate(plan.fields):
            if (form := exact_form(field.column)) is not None:
                texts, is_exact = frame.to_series(place), has_exact_value(batch, place, form)
                inexact[texts.name] = (
                    texts.clear() if is_exact.all() else texts.filter(~is_exact).unique(maintain_order=True)
                )
    return inexact


def _uncertain_texts(texts: pl.Series, column: Column, time_zone: str | None) -> pl.Series:
    """Return the distinct texts that are not certain.

    Of an opaque column these are the texts that may contain an ambiguous date, and none if it has no dates.
    """
    if is_opaque(column):
        return texts.drop_nulls().unique(maintain_order=True) if contains_dates(column) else texts.clear()
    certain = is_certain(texts, column, time_zone)
    return texts.clear() if certain.all() else texts.filter(~certain).unique(maintain_order=True)


def settle(checked: Checked, cast_results: Iterable[CastResult]) -> tuple[Rows, Rejections]:
    """Apply Postgres's cast results: return the rows to load, and each invalid column of the other rows."""
    rows = checked.rows
    collector = RejectionCollector(rows)
    collector.add_all(checked.rejections)
    for result in cast_results:
        texts = rows.frame.get_column(result.column.name)
        for (code, message), invalid_texts in _by_reason(result).items():
            invalid = texts.is_in(invalid_texts).fill_null(False).to_numpy()
            collector.add(invalid, result.column.name, code, message)
    rejected = collector.is_rejected()
    if not rejected.any():
        return rows, Rejections()
    return rows.kept(~rejected), collector.rejections()


def _by_reason(result: CastResult) -> dict[tuple[str, str], list[str]]:
    """Return the invalid texts of a column by the code and message of their rejection."""
    by_state: defaultdict[str, list[str]] = defaultdict(list)
    for text, sqlstate in result.invalid.items():
        by_state[sqlstate].append(text)
    other_order = in_another_order(pl.Series(by_state[DATE_OUT_OF_RANGE], dtype=pl.String), result.column)
    by_state[DATE_OUT_OF_RANGE] = [text for text in by_state[DATE_OUT_OF_RANGE] if text not in other_order]
    by_reason: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for sqlstate, texts in by_state.items():
        code = cast_error_code(sqlstate)
        by_reason[code, rejection_message(code, result.column, sqlstate)] += texts
    by_reason["IJ403", AMBIGUOUS.format(result.column.name)] += other_order
    return {reason: texts for reason, texts in by_reason.items() if texts}


def opaque_values(rows: Rows, plan: Plan) -> tuple[UncertainValues, ...]:
    """Return all distinct texts of the opaque columns, which Postgres is asked about once it has rejected a chunk."""
    uncertain: list[UncertainValues] = []
    for field in plan.fields:
        if is_opaque(field.column):
            texts = rows.frame.get_column(field.column.name).drop_nulls().unique(maintain_order=True)
            if len(texts):
                uncertain.append(UncertainValues(field.column, texts))
    return tuple(uncertain)
