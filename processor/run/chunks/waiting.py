"""Rows that wait: Postgres refuses them because the row of the same table to which they refer may come later."""

import numpy as np
import numpy.typing as npt
import psycopg

from processor.model import Column, Job, Offsets, Rejections, Rows
from processor.queue import waiting
from processor.queue.waiting import SelfReference
from processor.run.chunks.orphans import Orphans
from processor.run.sinks import Sink
from processor.run.sinks.family import NO_PARENT, may_come_later
from processor.run.sinks.sink import WaitTurn


class WaitingRows:
    """Tells which refused rows of a job wait. The table's references are asked for once, when a row is refused.

    An upsert cannot wait where a later row of the file may have the same key, and replace it. The file has `columns`.
    """

    def __init__(self, job: Job, sink: Sink, columns: tuple[Column, ...]) -> None:
        self._job, self._columns = job, columns
        self._orphans: Orphans | None = None
        target = job.target
        unique = target is not None and target.on_duplicate_key == "error"
        may_wait = target is not None and (target.mode in ("insert", "ignore") or (target.mode == "upsert" and unique))
        self._references: tuple[SelfReference, ...] | None = None if may_wait and not sink.starts_over else ()

    def references(self, conn: psycopg.Connection) -> tuple[SelfReference, ...]:
        """Return the foreign keys for whose sake rows wait; none where no row does."""
        if self._references is None:
            self._references = waiting.self_references(conn, self._job)
        return self._references

    def orphans(self, conn: psycopg.Connection) -> Orphans:
        """Return what finds rows that wait without being tried."""
        if self._orphans is None:
            self._orphans = Orphans(self._job, self._columns, self.references(conn))
        return self._orphans

    def set_apart(self, conn: psycopg.Connection, rows: Rows, wait_turn: WaitTurn) -> tuple[Rows, Offsets]:
        """Return the rows to write, and the places in the chunk of those that wait without being tried.

        The parents of a chunk may be in the chunks before it, so these are waited for.
        Raises: psycopg.Error.
        """
        if self._orphans is None or not self._orphans.expected or not rows.frame.height:
            return rows, rows.index[:0]
        wait_turn()
        apart = self._orphans.marked(conn, rows)
        return rows.kept(~apart), rows.index[apart]

    def parted(self, conn: psycopg.Connection, rejected: Rejections) -> tuple[Rejections, npt.NDArray[np.int64]]:
        """Return the rejections for good, and the rows that wait, in order."""
        if not any(reason.code == NO_PARENT for reason in rejected.reasons):
            return rejected, np.empty(0, np.int64)
        waits = may_come_later(rejected, self.references(conn))
        final = Rejections(rejected.records[~waits], rejected.reason_of[~waits], rejected.reasons)
        return final, np.unique(rejected.records[waits])
