"""COPY straight into the target, where rows are inserted and no row security applies to the writer."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl
import psycopg

from processor.load import CopyTarget, NotBySets, Watch
from processor.model import Chunk, Rows
from processor.run.access.identity import Identity, acting
from processor.run.sinks.judged import JudgedCopy
from processor.run.sinks.sink import ImmediateSink, SinkResult, WaitTurn, copy_rows
from processor.run.sinks.temp_table import TempTableSink


@dataclass(slots=True, kw_only=True)
class DirectSink(ImmediateSink):
    """Chunks go into the target as they come; `constants` are column and text that every row gets besides its own.

    Once the table has refused a row, `judged` finds the refused rows of each chunk by sets. Where that cannot be, a
    chunk goes through a temporary table, with the sink that `staged` makes.
    """

    copy: CopyTarget
    judged: JudgedCopy
    staged: Callable[[psycopg.Connection], TempTableSink]
    constants: tuple[tuple[str, str], ...] = ()
    enter: Identity | None = None
    waits_for_turn: bool = True
    by_sets: bool = field(default=True, init=False)
    _through: TempTableSink | None = field(default=None, init=False)

    def write(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, *, isolating: Watch | None
    ) -> SinkResult:
        """COPY the rows; those that a trigger skipped count as skipped."""
        frame = rows.frame
        if self.constants:
            frame = frame.with_columns([pl.lit(text).alias(name) for name, text in self.constants])
        if not isolating:
            with acting(conn, self.enter):
                written = self.copy.write(conn, frame, rows.certain)
            return SinkResult(skipped=frame.height - written)
        result = self._write_judged(conn, frame, rows.certain, wait_turn, isolating)
        if result is None:
            wait_turn()
            result = self._write_staged(conn, rows, chunk, wait_turn, isolating)
        if result is None:
            with acting(conn, self.enter):
                rejected, written = copy_rows(self.copy, conn, frame, rows.certain, isolating=isolating)
            result = SinkResult(rejected, skipped=frame.height - rejected.records.size - written)
        self.refuses = bool(result.rejected.records.size)
        return result

    def can_isolate(self, exc: psycopg.Error) -> bool:
        """Return whether a row may have caused the error; if so, the next chunks are not tried as a whole."""
        self.judged.note(exc)
        self.refuses = ImmediateSink.can_isolate(self, exc)
        return self.refuses

    def _write_judged(
        self, conn: psycopg.Connection, frame: pl.DataFrame, certain: frozenset[str], wait_turn: WaitTurn, watch: Watch
    ) -> SinkResult | None:
        """Write what the table accepts, as far as sets can say it; None where they cannot."""
        if not self.by_sets or self.row_by_row:
            return None
        try:
            rejected, written = self.judged.write(conn, frame, certain, wait_turn, watch)
        except NotBySets as exc:
            self.by_sets = not exc.for_good
            return None
        return SinkResult(rejected, skipped=frame.height - rejected.records.size - written)

    def _write_staged(
        self, conn: psycopg.Connection, rows: Rows, chunk: Chunk, wait_turn: WaitTurn, watch: Watch
    ) -> SinkResult | None:
        """Write what the table accepts through a temporary table; None where INSERT does something else than COPY."""
        if self.row_by_row:
            return None
        if self._through is None:
            self._through = self.staged(conn)
        if self._through.meets_rules(conn):
            return None
        return self._through.write(conn, rows, chunk, wait_turn, isolating=watch)
