"""Rows that wait: Postgres refuses them because the row of the same table to which they refer may come later."""

import numpy as np
import numpy.typing as npt
import psycopg

from processor.model import Job, Rejections
from processor.queue import waiting
from processor.queue.waiting import SelfReference
from processor.run.sinks import Sink
from processor.run.sinks.family import NO_PARENT, may_come_later


class WaitingRows:
    """Tells which refused rows of a job wait. The table's references are asked for once, when a row is refused.

    An upsert cannot wait where a later row of the file may have the same key, and replace it.
    """

    def __init__(self, job: Job, sink: Sink) -> None:
        self._job = job
        target = job.target
        unique = target is not None and target.on_duplicate_key == "error"
        may_wait = target is not None and (target.mode in ("insert", "ignore") or (target.mode == "upsert" and unique))
        self._references: tuple[SelfReference, ...] | None = None if may_wait and not sink.starts_over else ()

    def references(self, conn: psycopg.Connection) -> tuple[SelfReference, ...]:
        """Return the foreign keys for whose sake rows wait; none where no row does."""
        if self._references is None:
            self._references = waiting.self_references(conn, self._job)
        return self._references

    def parted(self, conn: psycopg.Connection, rejected: Rejections) -> tuple[Rejections, npt.NDArray[np.int64]]:
        """Return the rejections for good, and the rows that wait, in order."""
        if not any(reason.code == NO_PARENT for reason in rejected.reasons):
            return rejected, np.empty(0, np.int64)
        waits = may_come_later(rejected, self.references(conn))
        final = Rejections(rejected.records[~waits], rejected.reason_of[~waits], rejected.reasons)
        return final, np.unique(rejected.records[waits])
