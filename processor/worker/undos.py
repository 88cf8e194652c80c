"""Undos: take the requests of owners, one at a time, and do them in a thread."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg

from processor import log, metrics
from processor.database.cancellation import Cancellation
from processor.database.sqlstates import is_lease_lost
from processor.log import event
from processor.model import UndoRequest
from processor.queue import undos
from processor.run.attempt import as_job_error
from processor.run.undo import undo
from processor.worker.bell import Bell
from processor.worker.connections import CONNECTION_SECONDS, Pools, clean


@dataclass(frozen=True, slots=True)
class RunningUndo:
    """An undo that is being done; `cancellation` cancels its statement."""

    request: UndoRequest
    cancellation: Cancellation = field(default_factory=Cancellation)


class Undos:
    """Does one undo at a time. When one has ended, it sets `ended` and asks for another look at the queue."""

    def __init__(self, pools: Pools, bell: Bell, ended: threading.Event) -> None:
        self._pools, self._bell, self._ended = pools, bell, ended
        self._running: RunningUndo | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="undo")

    def free(self) -> bool:
        """Return whether an undo may begin."""
        return self._running is None

    def running(self) -> list[RunningUndo]:
        """Return the undo that is being done."""
        running = self._running
        return [running] if running else []

    def claim(self, conn: psycopg.Connection) -> None:
        """Take a request, if there is one, and begin the undo.

        Raises: psycopg.Error.
        """
        for request in undos.claim(conn, 1):
            self._running = running = RunningUndo(request)
            self._thread.submit(self._run, running)

    def shutdown(self) -> None:
        """Wait until the thread has ended."""
        self._thread.shutdown(wait=True)

    def _run(self, running: RunningUndo) -> None:
        request = running.request
        log.job_id.set(str(request.job_id))
        event("undo_started", attempt=request.attempt)
        started, result = time.monotonic(), "completed"
        try:
            pool = self._pools.uploader or self._pools.processor
            with pool.connection(CONNECTION_SECONDS) as conn:
                try:
                    with running.cancellation.on(conn):
                        undo(conn, request)
                finally:
                    clean(conn)
            event("undo_completed")
        except Exception as exc:  # noqa: BLE001 - the end of the thread; the request is there for the next attempt
            result = self._failed(request, exc)
        finally:
            metrics.attempt_ended("undo", result, time.monotonic() - started)
            self._running = None
            self._ended.set()
            self._bell.ring()

    def _failed(self, request: UndoRequest, exc: Exception) -> str:
        """Write why the undo cannot be done; one that may succeed later is taken again after a while.

        Return how the attempt ended, as a word.
        """
        if isinstance(exc, psycopg.Error) and is_lease_lost(exc):
            return "lease_lost"
        error = as_job_error(exc)
        event("undo_failed", logging.WARNING, code=error.code, reason=error.message)
        if error.transient or isinstance(exc, psycopg.errors.QueryCanceled):
            return "retried"
        try:
            with self._pools.processor.connection(CONNECTION_SECONDS) as conn:
                undos.fail(conn, request, error)
        except psycopg.Error as failure:
            event("undo_failure_not_written", logging.WARNING, exception=type(failure).__name__)
            return "retried"
        metrics.attempt_failed(error.code)
        return "failed"
