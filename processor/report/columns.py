"""Figures of one column: nulls, distinct values, least and greatest, top values, lengths, and how many were valid."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from processor.model import Column
from processor.native import Batch, Order, Sketch

# Distinct values are estimated from the 1,024 least hashes: exact below that, within about 3 % above.
# Source: Bar-Yossef et al., Counting Distinct Elements in a Data Stream (2002).
SKETCH = 1024
# A long text says nothing more as an example.
SHOWN_CHARACTERS = 100
ORDERS: Final[dict[Order, Callable[[str], Any]]] = {
    Order.BY_BYTES: str,
    Order.BY_WHOLE_NUMBER: int,
    Order.BY_NUMBER: float,
}
WHOLE = {"smallint", "integer", "bigint"}
NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}


@dataclass(slots=True)
class ColumnFigures:
    """Figures of the rows that were loaded, and of the values that were rejected, of one column.

    `top` are the most frequent values of the first rows, once those have been counted.
    """

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
    top: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    sketch: Sketch = field(default_factory=lambda: Sketch(SKETCH))

    def add(self, batch: Batch, place: int, texts: pl.Series, *, ascii_only: bool) -> None:
        """Take in a chunk, of which `texts` are this column's, at its place in the batch."""
        found = self.sketch.measure(batch, place, self._order(), ascii_only=ascii_only)
        self.rows += len(texts)
        self.nulls += found.nulls
        if found.nulls == len(texts):
            return
        self.characters += found.characters
        self.shortest = found.shortest if self.shortest is None else min(self.shortest, found.shortest)
        self.longest = found.longest if self.longest is None else max(self.longest, found.longest)
        self._stretch(*(str(texts[row]) for row in (found.least, found.greatest) if row >= 0))

    def _order(self) -> Order:
        """Return what texts are ordered by."""
        if self.column.base in WHOLE:
            return Order.BY_WHOLE_NUMBER
        return Order.BY_NUMBER if self.column.base in NUMBERS else Order.BY_BYTES

    def _stretch(self, *ends: str) -> None:
        """Take in the least and the greatest text of a chunk."""
        known = [end for end in (self.least, self.greatest, *ends) if end is not None]
        if known:
            key = ORDERS[self._order()]
            self.least, self.greatest = min(known, key=key), max(known, key=key)

    @property
    def distinct(self) -> int:
        """How many different values there are, about."""
        hashes = self.sketch.hashes
        if len(hashes) < SKETCH:
            return len(hashes)
        return round((SKETCH - 1) / (float(hashes[-1]) / 2**64))

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
            "top": [{"value": shown(value), "count": count} for value, count in self.top],
        }


def shown(text: str | None) -> str | None:
    """Return the beginning of a text."""
    return text if text is None else text[:SHOWN_CHARACTERS]
