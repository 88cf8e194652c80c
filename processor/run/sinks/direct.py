"""Straight into the target: COPY, where rows are inserted and no row security stands before it."""

from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql

from processor import load
from processor.model import Chunk, Rows
from processor.run.access.identity import acting
from processor.run.sinks.sink import Immediate, Turn, Written


@dataclass(slots=True, kw_only=True)
class DirectSink(Immediate):
    """Chunks go into the target as they come; `constants` are texts that every row gets besides, by column."""

    copying: load.Copying
    constants: tuple[tuple[str, str], ...] = ()
    enter: sql.Composed | None = None

    def write(self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, turn: Turn, *, isolating: bool) -> Written:
        """COPY them."""
        frame = rows.frame
        if self.constants:
            frame = frame.with_columns([pl.lit(text).alias(name) for name, text in self.constants])
        with acting(conn, self.enter):
            return Written(tuple(self.copying.write(conn, frame, rows.sure, isolating=isolating)))
