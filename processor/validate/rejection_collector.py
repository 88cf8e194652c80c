"""Collect the rejections of a chunk: for each row all of its columns that are at fault, each for its first reason."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from processor.model import Reason, Rejections, Rows


class RejectionCollector:
    """Marks the invalid cells of rows: one mask of the rows for each reason, joined to `Rejections` at the end.

    A cell that has been rejected keeps its first reason, since what comes later judges what is left of it: a date that
    fits no format is null from then on.
    """

    def __init__(self, rows: Rows) -> None:
        self._order = {name: place for place, name in enumerate(rows.frame.columns)}
        self._masks: defaultdict[str, list[tuple[npt.NDArray[np.bool_], Reason]]] = defaultdict(list)
        self._rows = rows

    def add(self, invalid: npt.NDArray[np.bool_], column: str, code: str, message: str) -> None:
        """Reject a column of the marked rows (shape: rows), except where it is rejected already."""
        for earlier, _ in self._masks[column]:
            invalid = invalid & ~earlier
        if invalid.any():
            self._masks[column].append((invalid, Reason(column, code, message)))

    def add_all(self, rejections: Rejections) -> None:
        """Add the rejections of an earlier step; each names a column."""
        places = np.searchsorted(self._rows.index, rejections.records)
        for number, reason in enumerate(rejections.reasons):
            invalid = np.zeros(len(self._rows.index), np.bool_)
            invalid[places[rejections.reason_of == number]] = True
            self.add(invalid, reason.column or "", reason.code, reason.message)

    def is_rejected(self) -> npt.NDArray[np.bool_]:
        """Mark the rejected rows (shape: rows)."""
        rejected = np.zeros(len(self._rows.index), np.bool_)
        for masks in self._masks.values():
            for invalid, _ in masks:
                rejected |= invalid
        return rejected

    def rejections(self) -> Rejections:
        """Return the rejections in the order of the rows, those of a row in the order of the frame's columns."""
        columns = sorted(self._masks, key=self._order.__getitem__)
        return Rejections.joined(
            Rejections.of(self._rows.index[invalid], reason)
            for column in columns
            for invalid, reason in self._masks[column]
        )
