"""The checks of a chunk: what is surely good, what only Postgres can judge, and the rejections once it has."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from processor.encode import decisive
from processor.flow import Checked, Column, Doubt, Plan, Rejections, Rows, Verdict
from processor.validate.ambiguous import AMBIGUOUS, ambiguous, is_dated
from processor.validate.offences import Offences
from processor.validate.refusals import code_of, sentence
from processor.validate.types import fast_path


def check(rows: Rows, plan: Plan, known: Rejections | None = None) -> Checked:
    """Split the chunk's texts into surely good ones and doubts, and find nulls where none may be.

    `known` are the rejections of `transform`. The result keeps every row, the rejected ones too: `settle` takes them
    out, and must be called even without doubts. Columns whose texts could all be converted need no other check.
    """
    frame = rows.frame
    values = _converted(frame, plan)
    judged = [field for field in plan.fields if field.column.name not in values]
    paths = {field.column.name: fast_path(field.column, field.reading.time_zone) for field in judged}
    asked = {name: path for name, path in paths.items() if path is not None}
    masks = frame.select([path.alias(name) for name, path in asked.items()])
    doubts: list[Doubt] = []
    offences = Offences(rows)
    offences.add_known(known or Rejections())
    for field in judged:
        column, texts = field.column, frame.get_column(field.column.name)
        unsure = _unsure(texts, masks.get_column(column.name) if column.name in asked else None, column)
        if is_dated(column) and (either := ambiguous(unsure, column)).len():
            bad = texts.is_in(either.implode()).fill_null(False).to_numpy()
            offences.add(bad, column.name, "IJ403", AMBIGUOUS.format(column.name))
            unsure = unsure.filter(~unsure.is_in(either.implode()))
        if column.name in asked and len(unsure):
            doubts.append(Doubt(column, unsure))
    for field in plan.fields:
        column, texts = field.column, frame.get_column(field.column.name)
        if column.not_null and texts.null_count():
            offences.add(texts.is_null().to_numpy(), column.name, "IJ404", sentence("IJ404", column))
    return Checked(replace(rows, values=values), tuple(doubts), offences.rejections())


def _converted(frame: pl.DataFrame, plan: Plan) -> dict[str, pl.Series]:
    """Convert the columns of which that shows at once that Postgres takes all texts."""
    found = dict[str, pl.Series]()
    for field in plan.fields:
        convert = decisive(field.column)
        if convert is not None and (values := convert(frame.get_column(field.column.name))) is not None:
            found[field.column.name] = values
    return found


def _unsure(texts: pl.Series, good: pl.Series | None, column: Column) -> pl.Series:
    """Return the distinct texts that are not surely good; of opaque types only those that may hide a date's order."""
    if good is None:
        return texts.drop_nulls().unique(maintain_order=True) if is_dated(column) else texts.clear()
    if good.all():
        return texts.clear()
    unsure = texts.filter(~good) if len(good) == len(texts) else texts.drop_nulls()
    return unsure.unique(maintain_order=True)


def settle(checked: Checked, verdicts: Iterable[Verdict]) -> tuple[Rows, Rejections]:
    """Apply Postgres's verdicts: the rows to load, and one rejection per other row, for its first offending column."""
    rows = checked.rows
    offences = Offences(rows)
    offences.add_known(checked.rejections)
    for verdict in verdicts:
        texts = rows.frame.get_column(verdict.column.name)
        by_code: defaultdict[str, list[str]] = defaultdict(list)
        for text, sqlstate in verdict.refused.items():
            by_code[code_of(sqlstate)].append(text)
        for code, refused in by_code.items():
            bad = texts.is_in(refused).fill_null(False).to_numpy()
            offences.add(bad, verdict.column.name, code, sentence(code, verdict.column))
    rejected = offences.rejected()
    if not rejected.any():
        return rows, Rejections()
    return rows.kept(~rejected), offences.rejections()


def opaque_doubts(rows: Rows, plan: Plan) -> tuple[Doubt, ...]:
    """Ask for every distinct text of the columns without a fast path: the second round, after a COPY failed."""
    doubts: list[Doubt] = []
    for field in plan.fields:
        if fast_path(field.column) is None:
            texts = rows.frame.get_column(field.column.name).drop_nulls().unique(maintain_order=True)
            if len(texts):
                doubts.append(Doubt(field.column, texts))
    return tuple(doubts)
