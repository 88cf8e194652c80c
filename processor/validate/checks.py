"""The checks of a chunk: what is surely good, what only Postgres can judge, and the rejections once it has."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from ..flow import Checked, Doubt, Plan, Rejections, Rows, Verdict
from .refusals import code_of, sentence
from .types import fast_path

Mask = npt.NDArray[np.bool_]


class _Offences:
    """The first offending column of each row, in the order of the frame's columns."""

    def __init__(self, rows: Rows) -> None:
        self._order = {name: place for place, name in enumerate(rows.frame.columns)}
        self._column: npt.NDArray[np.int32] = np.full(rows.frame.height, len(self._order), dtype=np.int32)
        self._reason: npt.NDArray[np.int32] = np.zeros(rows.frame.height, dtype=np.int32)
        self._reasons: list[tuple[str, str, str]] = []
        self._rows = rows

    def add(self, bad: Mask, column: str, code: str, message: str) -> None:
        place = self._order[column]
        hit = bad & (place < self._column)
        self._column[hit] = place
        self._reason[hit] = len(self._reasons)
        self._reasons.append((column, code, message))

    def add_known(self, known: Rejections) -> None:
        groups: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        for row, column, code, message in zip(known.rows, known.columns, known.codes, known.messages, strict=True):
            groups[column or "", code, message].append(row)
        for (column, code, message), rows in groups.items():
            self.add(np.isin(self._rows.index, rows), column, code, message)

    def rejected(self) -> Mask:
        return self._column < len(self._order)

    def rejections(self) -> Rejections:
        rejected = self.rejected()
        if not rejected.any():
            return Rejections()
        reasons = [self._reasons[int(at)] for at in self._reason[rejected]]
        return Rejections(
            rows=tuple(int(row) for row in self._rows.index[rejected]),
            columns=tuple(column for column, _, _ in reasons),
            codes=tuple(code for _, code, _ in reasons),
            messages=tuple(message for _, _, message in reasons),
        )


def check(rows: Rows, plan: Plan) -> Checked:
    """Split the chunk's texts into surely good ones and doubts, and find nulls where none may be.

    The result keeps every row, the rejected ones too: `settle` takes them out, and must be called even without doubts.
    """
    frame = rows.frame
    paths = {field.column.name: fast_path(field.column) for field in plan.fields}
    asked = {name: path for name, path in paths.items() if path is not None}
    masks = frame.select([path.alias(name) for name, path in asked.items()])
    doubts: list[Doubt] = []
    offences = _Offences(rows)
    for field in plan.fields:
        column, texts = field.column, frame.get_column(field.column.name)
        if column.name in asked and not (good := masks.get_column(column.name)).all():
            unsure = texts.filter(~good) if len(good) == len(texts) else texts.drop_nulls()
            if len(unsure):
                doubts.append(Doubt(column, unsure.unique(maintain_order=True)))
        if column.not_null and texts.null_count():
            offences.add(texts.is_null().to_numpy(), column.name, "IJ404", sentence("IJ404", column))
    return Checked(rows, tuple(doubts), offences.rejections())


def settle(checked: Checked, verdicts: Iterable[Verdict]) -> tuple[Rows, Rejections]:
    """Apply Postgres's verdicts: the rows to load, and one rejection per other row, for its first offending column."""
    rows = checked.rows
    offences = _Offences(rows)
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
    kept = ~rejected
    return Rows(rows.frame.filter(pl.Series(kept)), rows.index[kept]), offences.rejections()


def opaque_doubts(rows: Rows, plan: Plan) -> tuple[Doubt, ...]:
    """Ask for every distinct text of the columns without a fast path: the second round, after a COPY failed."""
    doubts: list[Doubt] = []
    for field in plan.fields:
        if fast_path(field.column) is None:
            texts = rows.frame.get_column(field.column.name).drop_nulls().unique(maintain_order=True)
            if len(texts):
                doubts.append(Doubt(field.column, texts))
    return tuple(doubts)
