"""A chunk prepared for the questions of all its columns, which are asked in one go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import polars as pl

from processor.flow import Rows


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk's columns of texts, and beside them, by the column's name, the names of those with hashes of the texts,
    and of those with the whole numbers that they are: names with a NUL, which no column of Postgres has.
    `ascii_only`: no text has another character.
    """

    frame: pl.DataFrame
    hashes: Mapping[str, str]
    whole: Mapping[str, str]
    ascii_only: bool

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Prepare rows for the questions of all columns at once, which takes a fifth of the time of one by one."""
        names = rows.frame.columns
        hashes = {name: f"\0{at} hash" for at, name in enumerate(names)}
        whole = {name: f"\0{at} whole" for at, name in enumerate(names) if _is_whole(rows.values.get(name))}
        hashed = [pl.col(name).hash(seed=0).alias(column) for name, column in hashes.items()]
        numbers = [rows.values[name].alias(column) for name, column in whole.items()]
        return cls(rows.frame.with_columns(*hashed, *numbers), hashes, whole, rows.ascii_only)


def _is_whole(values: pl.Series | None) -> bool:
    return values is not None and values.dtype.is_integer()
