"""COPY straight into the target, where rows are inserted and no row security applies to the writer."""

from dataclasses import dataclass

import polars as pl
import psycopg

from processor.load import CopyTarget, Watch
from processor.model import Chunk, Rows
from processor.run.access.identity import Identity, acting
from processor.run.sinks.sink import ImmediateSink, SinkResult, WaitTurn, copy_rows


@dataclass(slots=True, kw_only=True)
class DirectSink(ImmediateSink):
    """Chunks go into the target as they come; `constants` are column and text that every row gets besides its own."""

    copy: CopyTarget
    constants: tuple[tuple[str, str], ...] = ()
    enter: Identity | None = None

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """COPY the rows; those that a trigger skipped count as skipped."""
        frame = rows.frame
        if self.constants:
            frame = frame.with_columns([pl.lit(text).alias(name) for name, text in self.constants])
        with acting(conn, self.enter):
            rejected, written = copy_rows(self.copy, conn, frame, rows.certain, isolating=isolating)
        return SinkResult(tuple(rejected), skipped=frame.height - len(rejected) - written)
