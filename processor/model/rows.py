"""The rows of one chunk on their way through validation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.model.plan import Column
from processor.model.rejections import Rejections


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows ready to load.

    `frame` has one String column for each of `Plan.fields`, named by the target's column. `index` (shape: rows) gives
    the record of each row within the chunk. `certain` names the columns in which every text has an exact binary value
    that Postgres accepts. `ascii_only` says that all texts are ASCII. `empty` has a column of Booleans for each column
    of the frame in which nulls stand for the column's default in the table; it marks these.
    """

    frame: pl.DataFrame
    index: npt.NDArray[np.int64]
    certain: frozenset[str] = frozenset()
    ascii_only: bool = False
    empty: pl.DataFrame | None = None

    def kept(self, keep: npt.NDArray[np.bool_]) -> "Rows":
        """Return the rows that the mask `keep` (shape: rows) marks."""
        mask = pl.Series(keep)
        empty = None if self.empty is None else self.empty.filter(mask)
        return Rows(self.frame.filter(mask), self.index[keep], self.certain, self.ascii_only, empty)


@dataclass(frozen=True, slots=True)
class Change:
    """What a normaliser changed in one column of a chunk: the number of values, and the first few before and after."""

    column: str
    count: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Transformed:
    """A chunk whose texts were converted as the job's options declare, with the rejections and changes so far.

    `rows` still holds the rejected rows, with null in place of the rejected value.
    """

    rows: Rows
    rejections: Rejections
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class UncertainValues:
    """Distinct texts of one column (polars String, no nulls) of which only Postgres knows whether they are valid."""

    column: Column
    values: pl.Series


@dataclass(frozen=True, slots=True)
class CastResult:
    """The uncertain texts of one column that Postgres does not accept, each with the SQLSTATE of the cast."""

    column: Column
    invalid: dict[str, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A chunk after the vectorised checks, with the values that only Postgres can judge and the rejections so far.

    `rows` still holds the rejected rows, so that each of their columns is judged. `validate.settle` removes them.
    """

    rows: Rows
    uncertain: tuple[UncertainValues, ...]
    rejections: Rejections
