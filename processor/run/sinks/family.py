"""The order of rows that refer to rows of the same table: children wait for their parents."""

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.load import spread
from processor.model import Message, Reason, Rejections
from processor.queue.waiting import SelfReference

NO_PARENT = "IJ411"
Mask = npt.NDArray[np.bool_]


def may_come_later(rejections: Rejections, references: tuple[SelfReference, ...]) -> Mask:
    """Return which rejected cells (shape: cells) are about a missing row of the same table."""
    names = {reference.name for reference in references}
    return np.array([constraint_of(reason) in names for reason in rejections.reasons], np.bool_)[rejections.reason_of]


def constraint_of(reason: Reason) -> str | None:
    """Return the foreign key that a row violates; None for another reason."""
    message = reason.message
    if reason.code != NO_PARENT or not isinstance(message, Message):
        return None
    return str(message.params.get("constraint"))


class Family:
    """Which of some rows refer to which of them, by their texts: it tells in which order they may be written.

    Where equal values have unequal texts, rows are tried in vain or too late, and then once more.
    """

    def __init__(self, frame: pl.DataFrame, references: tuple[SelfReference, ...]) -> None:
        self._parents = [parent for reference in references if (parent := parents(frame, reference)) is not None]
        self._height = frame.height

    def without_parents(self) -> Mask:
        """Return the rows that refer to none of the others."""
        mask = np.ones(self._height, np.bool_)
        for parent in self._parents:
            mask &= parent < 0
        return mask

    def descendants(self, of: Mask) -> Mask:
        """Return these rows and all that refer to them, at any distance, in log₂ of it steps for each foreign key."""
        mask, before = of.copy(), -1
        while before != (before := int(mask.sum())):
            for parent in self._parents:
                spread(mask, parent)
        return mask


def parents(frame: pl.DataFrame, reference: SelfReference) -> npt.NDArray[np.int64] | None:
    """Return the row to which each row refers, -1 where there is none; None where the file lacks a column."""
    if not {*reference.columns, *reference.referenced} <= set(frame.columns):
        return None
    places = pl.int_range(frame.height, dtype=pl.Int64).alias("#place")
    keys = frame.select(*(pl.col(name).alias(f"#{at}") for at, name in enumerate(reference.referenced)), places)
    names = [f"#{at}" for at in range(len(reference.columns))]
    joined = (
        frame.select(*(pl.col(name).alias(f"#{at}") for at, name in enumerate(reference.columns)))
        .with_row_index("#row")
        .join(keys.unique(names, keep="first"), on=names, how="left")
        .sort("#row")
    )
    parent = joined.get_column("#place").fill_null(-1).to_numpy().astype(np.int64)
    return np.where(parent == np.arange(frame.height), -1, parent)  # a row that refers to itself waits for none
