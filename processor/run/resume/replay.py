"""Validate a chunk of an earlier attempt again, without writing it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from processor.model import Change, Chunk, NoRows, Rows
from processor.run.chunks.validate import ChunkValidator


@dataclass(frozen=True, slots=True)
class ReplayedChunk:
    """The rows of a chunk that are in the target, and what normalisers changed in it.

    `blank` is the number of records that were skipped, `no_rows` how many of them were neither blank nor comments.
    """

    rows: Rows
    changes: Sequence[Change]
    blank: int
    no_rows: NoRows


def replay(
    validator: ChunkValidator, conn: psycopg.Connection, chunk: Chunk, rejected: frozenset[int]
) -> ReplayedChunk:
    """Return what is in the target of a chunk; `rejected` are the numbers of the records that are not.

    Raises: RowAccounting, psycopg.Error.
    """
    validated = validator.validate(conn, chunk)
    keep = ~np.isin(validated.rows.index + chunk.position.record, list(rejected))
    return ReplayedChunk(validated.rows.kept(keep), validated.changes, validated.blank, validated.no_rows)
