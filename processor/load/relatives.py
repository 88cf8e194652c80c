"""Rows that refer to rows of their own table: which of them lack a parent, at any distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """Rows without a parent in the table by one foreign key, and the first and the last staged row that is it, or -1.

    All have the shape of the rows, which are in no order.
    """

    rows: Places
    first: Places
    last: Places

    def lacking(self, *, in_order: bool) -> Places:
        """Return the rows without a parent; `in_order`: without one before them."""
        lacks = self.first < 0
        return self.rows[lacks | (self.first > self.rows) if in_order else lacks]

    def parents(self, count: int) -> Places:
        """Return the staged parent of each of `count` rows; -1: none is needed, or there is none."""
        parents = np.full(count, -1, np.int64)
        parents[self.rows] = self.first
        return parents

    @property
    def is_clear(self) -> bool:
        """Whether no row has several parents."""
        return bool((self.first == self.last).all())


def cut_off(count: int, relatives: Sequence[Relatives], *, in_order: bool = False) -> Mask:
    """Mark those of `count` rows that lack a parent, and all that refer to them, at any distance."""
    mask, before = np.zeros(count, np.bool_), -1
    for one in relatives:
        mask[one.lacking(in_order=in_order)] = True
    parents = [one.parents(count) for one in relatives]
    while before != (before := int(mask.sum())):
        for parent in parents:
            spread(mask, parent)
    return mask


def spread(mask: Mask, parent: Places) -> None:
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
