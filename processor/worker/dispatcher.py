"""The dispatcher: the thread that looks for jobs when the bell rings and on timers, and claims them."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from processor import log, metrics
from processor.config import Config
from processor.database import schema_version
from processor.database.sqlstates import user_error
from processor.errors import UserError
from processor.log import event
from processor.queue import sessions
from processor.queue.sweep import sweep
from processor.worker.bell import Bell
from processor.worker.heartbeat import Heartbeat
from processor.worker.idleness import Idleness
from processor.worker.interval import Interval
from processor.worker.slots import WorkQueue
from processor.worker.undos import Undos

# The pause before asking a database again that did not answer, and how long to wait for a connection of the pool.
RETRY_SECONDS, POOL_SECONDS = 1.0, 2.0
# How often to look for due jobs that no bell announced, so that they start within 2 s, and to say that this processor
# is alive.
LOOK_SECONDS, REPORT_SECONDS = 1.5, 5.0
# How often to look for lost sessions, and how soon again while one is missing: a job is taken over 3 s after the first
# look that misses its session, so within 5 s.
SESSION_SECONDS, MISSING_SECONDS = 1.0, 0.25
# How long to wait, while most slots are taken, until another one is free: a claim of two jobs costs little more than
# one of one job, and claims were a fifth of the work of Postgres on jobs of 1,000 rows.
GATHER_SECONDS = 0.05
# How often to look for inspections and undos when only imports have ended, which makes no room for them.
OTHERS_SECONDS = 0.05
# What the sweep says of a job that is due, as opposed to one that it took back.
RUNG = "rung"


class Dispatcher:
    """Claims as many jobs of each queue as there are free slots. `stop` waits for the end of the thread.

    It sets `idle`, and claims nothing more, once it was idle for `config.idle_seconds`.
    """

    def __init__(
        self,
        config: Config,
        pool: ConnectionPool,
        heartbeat: Heartbeat,
        bell: Bell,
        name: str,
        idle: threading.Event,
    ) -> None:
        self._config, self._pool, self._heartbeat, self._bell, self._name = config, pool, heartbeat, bell, name
        self._stopped = threading.Event()
        self._unavailable = ""
        self._schema_fits = False
        self._looked, self._looks_for_others_at = 0.0, 0.0
        self._idleness = Idleness(config.idle_seconds, idle)
        self._claims, self._reports = Interval(LOOK_SECONDS), Interval(REPORT_SECONDS)
        self._sweeps, self._sessions = Interval(config.sweep_seconds), Interval(SESSION_SECONDS)

    def start(self, queues: Sequence[WorkQueue], undos: Undos, busy: Callable[[], bool]) -> None:
        """Start the thread; jobs are claimed in the order of the queues, a little later while the worker is `busy`."""
        self._queues, self._undos, self._busy = queues, undos, busy
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopped.set()
        self._bell.wake()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it looks for jobs, which it does once the schema of the database fits."""
        return self._thread.is_alive() and self._schema_fits and not self._stopped.is_set()

    def _loop(self) -> None:
        rung = True
        while not self._stopped.is_set():
            try:
                self._round(rung=rung)
                self._answered()
            except psycopg.Error as exc:
                self._failed(exc, user_error(exc).message)
            except UserError as exc:
                self._failed(exc, str(exc))
            except Exception as exc:  # noqa: BLE001 - a defect must not end the only thread that claims
                event("defect", logging.ERROR, exception=log.traceback_of(exc))
                self._stopped.wait(RETRY_SECONDS)
            timers = (self._claims, self._reports, self._sweeps, self._sessions)
            rung = self._bell.wait(max(0.0, min(timer.left for timer in timers)))
            if rung:  # the end of a job rings as well
                self._idleness.disturb()

    def _round(self, *, rung: bool) -> None:
        """Do what is due. A ring is noted before the look for jobs: what is inserted later rings again.

        Raises: psycopg.Error; UserError while the schema does not fit, which is looked at until it did once, because a
        database may come up after its processor.
        """
        if not self._schema_fits:
            self._check_schema()
        number = self._bell.take_number()
        if number is not None or self._reports.left <= 0:
            self._report(number)
        announced = self._bell.take_announced()
        if self._sessions.left <= 0:
            announced = self._take_back() or announced
        if self._sweeps.left <= 0:
            self._sweep()
            announced = True
        if announced:
            self._looks_for_others_at = 0.0
        if self._claims.left <= 0 or ((rung or announced) and not self._gathers()):
            self._claim_due()
        if self._idleness.due and self._undos.free():
            self._end_if_idle()

    def _answered(self) -> None:
        if self._unavailable:
            event("database_available")
        self._unavailable = ""

    def _failed(self, exc: Exception, reason: str) -> None:
        """Log an outage once for each reason, and pause."""
        if reason != self._unavailable:
            event("database_unavailable", logging.WARNING, exception=type(exc).__name__, reason=reason)
        self._unavailable = reason
        self._stopped.wait(RETRY_SECONDS)

    def _check_schema(self) -> None:
        with self._pool.connection(POOL_SECONDS) as conn:
            schema_version.check(conn)
        self._schema_fits = True

    def _report(self, ring: int | None) -> None:
        with self._pool.connection(POOL_SECONDS) as conn:
            sessions.report(conn, self._name, ring)
        self._reports.restart()

    def _take_back(self) -> bool:
        """Take back the jobs of lost sessions; return whether there were any."""
        with self._pool.connection(POOL_SECONDS) as conn:
            jobs = sessions.take_back(conn, self._heartbeat.session)
        missing = any(action == sessions.MISSING for _, action in jobs)
        self._sessions.restart(MISSING_SECONDS if missing else None)
        taken = [(job_id, action) for job_id, action in jobs if action != sessions.MISSING]
        _log_swept(taken)
        return bool(taken)

    def _sweep(self) -> None:
        with self._pool.connection(POOL_SECONDS) as conn:
            _log_swept(sweep(conn))
        self._sweeps.restart()

    def _end_if_idle(self) -> None:
        with self._pool.connection(POOL_SECONDS) as conn:
            if self._idleness.decide(conn):
                self._stopped.set()

    def _gathers(self) -> bool:
        """Return whether to claim a moment later, when another slot may be free; see to that."""
        left = self._looked + GATHER_SECONDS - time.monotonic()
        if left <= 0 or not self._busy():
            return False
        self._claims.restart(left)
        return True

    def _claim_due(self) -> None:
        everything = time.monotonic() >= self._looks_for_others_at
        for queue in self._queues:
            if everything or queue.of_imports:
                self._claim(queue)
        if everything and self._undos.free() and not self._stopped.is_set():
            with self._pool.connection(POOL_SECONDS) as conn:
                self._undos.claim(conn)
        self._looked = time.monotonic()
        if everything:
            self._looks_for_others_at = self._looked + OTHERS_SECONDS
        self._claims.restart()

    def _claim(self, queue: WorkQueue) -> None:
        while (free := queue.free()) > 0 and not self._stopped.is_set():
            with self._pool.connection(POOL_SECONDS) as conn:
                claimed = queue.claim(conn, self._name, free, self._config.lease_seconds, self._heartbeat.session)
            for job in claimed:
                self._idleness.disturb()
                queue.begin(job)
            if len(claimed) < free:
                break


def _log_swept(jobs: Iterable[tuple[UUID, str]]) -> None:
    for job_id, action in jobs:
        event("swept", job_id=job_id, found=action)
        if action != RUNG:
            metrics.taken_back(action)
