"""COPY straight into the target, where rows are inserted and no row security applies to the writer."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl
import psycopg

from processor.load import CopyTarget, Watch
from processor.model import Chunk, Rows
from processor.run.access.identity import Identity, acting
from processor.run.sinks.sink import ImmediateSink, SinkResult, WaitTurn, copy_rows
from processor.run.sinks.temp_table import TempTableSink


@dataclass(slots=True, kw_only=True)
class DirectSink(ImmediateSink):
    """Chunks go into the target as they come; `constants` are column and text that every row gets besides its own.

    A chunk with rows that the table refuses goes through a temporary table, with the sink that `staged` makes: there
    the refused rows are found in bulk.
    """

    copy: CopyTarget
    staged: Callable[[psycopg.Connection], TempTableSink]
    constants: tuple[tuple[str, str], ...] = ()
    enter: Identity | None = None
    _through: TempTableSink | None = field(default=None, init=False)

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """COPY the rows; those that a trigger skipped count as skipped."""
        if isolating and not self.row_by_row:
            if self._through is None:
                self._through = self.staged(conn)
            if not self._through.meets_rules(conn):
                return self._through.write(conn, rows, chunk, wait_turn, isolating=isolating)
        frame = rows.frame
        if self.constants:
            frame = frame.with_columns([pl.lit(text).alias(name) for name, text in self.constants])
        with acting(conn, self.enter):
            rejected, written = copy_rows(self.copy, conn, frame, rows.certain, isolating=isolating)
        return SinkResult(rejected, skipped=frame.height - rejected.records.size - written)
