"""Figures of one column: nulls, distinct values, least and greatest, top values, lengths, and how many were valid."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.flow import Column

# Distinct values are estimated from the 1,024 least hashes: exact below that, within about 3 % above.
# Source: Bar-Yossef et al., Counting Distinct Elements in a Data Stream (2002).
SKETCH = 1024
# Top values are those of the first rows: to count all values would cost more than to load them.
TOP_ROWS = 20_000
TOP = 5
# From so many rows on, every so-manieth is looked at for new values while a column has fewer than SKETCH of them:
# to sort out 80,000 repeated hashes takes 2 ms.
FEW_ROWS = 200_000
FEW_STEP = 16
# A long text says nothing more as an example.
SHOWN_CHARACTERS = 100
NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}


@dataclass(slots=True)
class ColumnFigures:
    """Figures of the rows that were loaded, and of the values that were rejected, of one column."""

    column: Column
    header: str
    rows: int = 0
    nulls: int = 0
    rejected: int = 0
    characters: int = 0
    shortest: int | None = None
    longest: int | None = None
    least: str | None = None
    greatest: str | None = None
    top: Counter[str] = field(default_factory=Counter[str])
    sketch: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def add(self, texts: pl.Series) -> None:
        """Take in the loaded values of a chunk."""
        room = max(TOP_ROWS - self.rows, 0)
        self.rows += len(texts)
        self.nulls += texts.null_count()
        values = texts.drop_nulls() if texts.null_count() else texts
        if not len(values):
            return
        self._measure(values.str.len_chars())
        self._order(values)
        # After the first rows a column of few different values shows others so rarely that a part of the rows will do.
        few = self.rows > FEW_ROWS and len(self.sketch) < SKETCH
        self._sketch((values.gather_every(FEW_STEP) if few else values).hash(seed=0))
        if room:
            # By columns: taken row by row, a thousand counts cost a millisecond.
            counts = values.head(room).value_counts()
            self.top.update(dict(zip(*(part.to_list() for part in counts.get_columns()), strict=True)))

    def _measure(self, lengths: pl.Series) -> None:
        self.characters += int(lengths.sum())
        least, greatest = int(lengths.min()), int(lengths.max())  # pyright: ignore[reportArgumentType]
        self.shortest = least if self.shortest is None else min(self.shortest, least)
        self.longest = greatest if self.longest is None else max(self.longest, greatest)

    def _order(self, values: pl.Series) -> None:
        if self.column.base not in NUMBERS and self.least is not None and self.greatest is not None:
            # To compare with two texts costs a third of looking for the least and the greatest one.
            values = values.filter((values < self.least) | (values > self.greatest))
        ends = pl.Series([self.least, self.greatest], dtype=pl.String).drop_nulls()
        keys = values.cast(pl.Float64, strict=False) if self.column.base in NUMBERS else values
        first, last = keys.arg_min(), keys.arg_max()
        if first is None or last is None:
            return
        ends = pl.concat([ends, values.gather([first, last])])
        keys = ends.cast(pl.Float64, strict=False) if self.column.base in NUMBERS else ends
        self.least, self.greatest = ends[keys.arg_min() or 0], ends[keys.arg_max() or 0]

    def _sketch(self, hashes: pl.Series) -> None:
        if len(self.sketch) == SKETCH:
            hashes = hashes.filter(hashes < int(self.sketch[-1]))
        found = hashes.unique().sort().head(SKETCH).to_numpy()
        self.sketch = np.unique(np.concatenate([self.sketch, found]))[:SKETCH]

    @property
    def distinct(self) -> int:
        """How many different values there are, about."""
        if len(self.sketch) < SKETCH:
            return len(self.sketch)
        return round((SKETCH - 1) / (float(self.sketch[-1]) / 2**64))

    def as_json(self) -> dict[str, Any]:
        """Return the figures; shares are between 0 and 1, lengths in characters."""
        filled = self.rows - self.nulls
        valid = filled / (filled + self.rejected) if filled + self.rejected else None
        return {
            "header": self.header,
            "nulls": self.nulls,
            "filled": round(filled / self.rows, 4) if self.rows else None,
            "valid": None if valid is None else round(valid, 4),
            "distinct": self.distinct,
            "min": shown(self.least),
            "max": shown(self.greatest),
            "length": {
                "min": self.shortest,
                "max": self.longest,
                "mean": round(self.characters / filled, 1) if filled else None,
            },
            "top": [{"value": shown(value), "count": count} for value, count in self.top.most_common(TOP)],
        }


def shown(text: str | None) -> str | None:
    """Return the beginning of a text."""
    return text if text is None else text[:SHOWN_CHARACTERS]
