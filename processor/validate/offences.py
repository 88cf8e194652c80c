"""What is wrong with the rows of a chunk: at most one rejection for each, the first offending column's."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from processor.model import Rejections, Rows

Mask = npt.NDArray[np.bool_]


class Offences:
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
