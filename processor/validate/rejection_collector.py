"""Collect the rejections of a chunk: at most one for each row, for the first of its columns that is at fault."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from processor.model import Rejections, Rows


class RejectionCollector:
    """Keeps one rejection for each row: that of the first column at fault, in the order of the frame's columns."""

    def __init__(self, rows: Rows) -> None:
        self._order = {name: place for place, name in enumerate(rows.frame.columns)}
        self._column: npt.NDArray[np.int32] = np.full(rows.frame.height, len(self._order), dtype=np.int32)
        self._reason: npt.NDArray[np.int32] = np.zeros(rows.frame.height, dtype=np.int32)
        self._reasons: list[tuple[str, str, str]] = []
        self._rows = rows

    def add(self, invalid: npt.NDArray[np.bool_], column: str, code: str, message: str) -> None:
        """Reject the marked rows (shape: rows), except those that an earlier column has rejected."""
        place = self._order[column]
        hit = invalid & (place < self._column)
        self._column[hit] = place
        self._reason[hit] = len(self._reasons)
        self._reasons.append((column, code, message))

    def add_all(self, rejections: Rejections) -> None:
        """Add the rejections of an earlier step; each names a column."""
        groups: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        for row, column, code, message in zip(
            rejections.rows, rejections.columns, rejections.codes, rejections.messages, strict=True
        ):
            groups[column or "", code, message].append(row)
        for (column, code, message), rows in groups.items():
            self.add(np.isin(self._rows.index, rows), column, code, message)

    def is_rejected(self) -> npt.NDArray[np.bool_]:
        """Mark the rejected rows (shape: rows)."""
        return self._column < len(self._order)

    def rejections(self) -> Rejections:
        """Return the rejections in the order of the rows."""
        rejected = self.is_rejected()
        if not rejected.any():
            return Rejections()
        reasons = [self._reasons[int(reason)] for reason in self._reason[rejected]]
        return Rejections(
            rows=tuple(int(row) for row in self._rows.index[rejected]),
            columns=tuple(column for column, _, _ in reasons),
            codes=tuple(code for _, code, _ in reasons),
            messages=tuple(message for _, _, message in reasons),
        )
