"""A chunk once more that an earlier attempt has loaded: checked again, and not written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processor.model import Change, Chunk, Rows
from processor.run.chunks.write import Loader


@dataclass(frozen=True, slots=True)
class Replayed:
    """The rows of a chunk that are in, what normalisers changed in it, and how many of its records were blank."""

    rows: Rows
    changes: Sequence[Change]
    blank: int


def replay(loader: Loader, chunk: Chunk, rejected: frozenset[int]) -> Replayed:
    """Return what is in of a chunk; `rejected` are the numbers of the records that are not."""
    shape, rows, _, changes = loader.validated(chunk)
    keep = ~np.isin(rows.index + chunk.position.record, list(rejected))
    return Replayed(rows.kept(keep), changes, shape.skipped)
