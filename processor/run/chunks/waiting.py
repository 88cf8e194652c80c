"""Rows that wait: Postgres refuses them because the row of the same table to which they refer may come later."""

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg

from processor.model import Job, Message, Reason, Rejections, Rows
from processor.queue import waiting
from processor.queue.waiting import SelfReference
from processor.run.sinks import Sink

NO_PARENT = "IJ411"
Mask = npt.NDArray[np.bool_]


class WaitingRows:
    """Tells which refused rows of a job wait. The table's references are asked for once, when a row is refused.

    An upsert cannot wait where a later row of the file may have the same key, and replace it.
    """

    def __init__(self, job: Job, sink: Sink) -> None:
        self._job = job
        target = job.target
        unique = target is not None and target.on_duplicate_key == "error"
        may_wait = target is not None and (target.mode in ("insert", "ignore") or (target.mode == "upsert" and unique))
        self._references: tuple[SelfReference, ...] | None = None if may_wait and not sink.starts_over else ()

    def references(self, conn: psycopg.Connection) -> tuple[SelfReference, ...]:
        """Return the foreign keys for whose sake rows wait; none where no row does."""
        if self._references is None:
            self._references = waiting.self_references(conn, self._job)
        return self._references

    def parted(self, conn: psycopg.Connection, rejected: Rejections) -> tuple[Rejections, npt.NDArray[np.int64]]:
        """Return the rejections for good, and the rows that wait, in order."""
        if not any(reason.code == NO_PARENT for reason in rejected.reasons):
            return rejected, np.empty(0, np.int64)
        names = {reference.name for reference in self.references(conn)}
        waits = np.array([constraint_of(reason) in names for reason in rejected.reasons], np.bool_)[rejected.reason_of]
        final = Rejections(rejected.records[~waits], rejected.reason_of[~waits], rejected.reasons)
        return final, np.unique(rejected.records[waits])


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

    def __init__(self, rows: Rows, references: tuple[SelfReference, ...]) -> None:
        self._parents = [parent for reference in references if (parent := parents(rows.frame, reference)) is not None]
        self._height = rows.frame.height

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


def spread(mask: Mask, parent: npt.NDArray[np.int64]) -> None:
    """Mark the rows whose ancestors, by one foreign key, are marked; each step doubles the distance."""
    ancestor = parent
    for _ in range(len(parent).bit_length()):  # rows that refer to each other in a circle have no last ancestor
        known = np.flatnonzero(ancestor >= 0)
        if not known.size:
            return
        mask[known] |= mask[ancestor[known]]
        further = np.full_like(ancestor, -1)
        further[known] = ancestor[ancestor[known]]
        ancestor = further


def parents(frame: pl.DataFrame, reference: SelfReference) -> npt.NDArray[np.int64] | None:
    """Return the row to which each row refers, -1 where there is none; None where the file lacks a column."""
    if not {*reference.columns, *reference.referenced} <= set(frame.columns):
        return None
    places = pl.int_range(frame.height, dtype=pl.Int64).alias("#place")
    keys = frame.select(*(pl.col(name).alias(f"#{at}") for at, name in enumerate(reference.referenced)), places)
    names = [f"#{at}" for at in range(len(reference.columns))]
    found = (
        frame.select(*(pl.col(name).alias(f"#{at}") for at, name in enumerate(reference.columns)))
        .with_row_index("#row")
        .join(keys.unique(names, keep="first"), on=names, how="left")
        .sort("#row")
    )
    parent = found.get_column("#place").fill_null(-1).to_numpy().astype(np.int64)
    return np.where(parent == np.arange(frame.height), -1, parent)  # a row that refers to itself waits for none
