"""The background work: claims jobs when woken or on a timer, runs each in a thread, and keeps their leases alive."""

import logging
import os
import socket
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from processor import log
from processor.config import Config
from processor.database.sqlstates import job_error
from processor.errors import DatabaseUnavailable, Defect, JobError, LeaseLost
from processor.log import event
from processor.model import Job, Paths
from processor.queue import claims, files, sweep
from processor.run import Attempt, Postponed, Stopped, StopSignal
from processor.storage import Artifacts, Downloads
from processor.worker.heartbeat import Heartbeat, Lease

# How long a thread waits for a connection of the pool: longer than a restart of Postgres, shorter than a lease.
CONNECTION_SECONDS = 20.0
# How long a job waits for one more: it goes on without.
LEND_SECONDS = 0.5
# How often statements are cancelled that a job still has begun after it was told to stop.
CANCEL_AGAIN_SECONDS = 0.5
# Pause before asking a database again that did not answer.
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why an attempt did not go through, and the attempt, if it had come so far."""

    reason: JobError | Stopped
    attempt: Attempt | None = None


class Worker:
    """Holds at most `config.max_jobs` jobs. `start` returns at once; `wake` may be called from any thread."""

    def __init__(self, config: Config, pool: ConnectionPool, downloads: Downloads) -> None:
        self.config, self.pool, self.downloads = config, pool, downloads
        self.artifacts = Artifacts(config.supabase_url, config.secret_key)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self.heartbeat = Heartbeat(config)
        # By the lease's token: a processor that was paused may take over a job that a thread of its own still has.
        self._running: dict[UUID, Lease] = {}
        self._spare = threading.Semaphore(config.spare_connections)
        self._threads = ThreadPoolExecutor(config.max_jobs, thread_name_prefix="job")
        self._dispatcher = threading.Thread(target=self._dispatch, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to claim jobs, with a sweep first."""
        self.heartbeat.start()
        self._dispatcher.start()
        threading.Thread(target=self._clean_up, name="clean-up", daemon=True).start()
        event("worker_started", worker=self.name, max_jobs=self.config.max_jobs)

    def wake(self) -> None:
        """Look for jobs now."""
        self.woken.set()

    def stop(self) -> None:
        """Claim nothing more, let each job finish its chunk and give it back; return when all have.

        A chunk that takes longer than `config.stop_seconds` (for a lock, say) is cut short and stays for the next.
        """
        end = time.monotonic() + self.config.stop_seconds
        self.stopping.set()
        event("worker_stopping", worker=self.name, jobs=len(self._running))
        self.woken.set()
        self._dispatcher.join()
        self._cut_short(end)
        self._threads.shutdown(wait=True)
        self.heartbeat.stop()
        event("worker_stopped", worker=self.name)

    @property
    def alive(self) -> bool:
        """Tell whether the worker is looking for jobs."""
        return self._dispatcher.is_alive() and not self.stopping.is_set()

    def _dispatch(self) -> None:
        next_sweep = 0.0
        while not self.stopping.is_set():
            self.woken.clear()
            try:
                if time.monotonic() >= next_sweep:
                    self._sweep()
                    next_sweep = time.monotonic() + self.config.sweep_seconds
                self._claim_all()
            except psycopg.Error as exc:
                event("database_unavailable", logging.WARNING, exception=type(exc).__name__)
                self.stopping.wait(RETRY_SECONDS)
            except Exception as exc:  # noqa: BLE001 - a defect must not end the only thread that claims
                event("defect", logging.ERROR, exception=log.where(exc))
                self.stopping.wait(RETRY_SECONDS)
            self.woken.wait(max(0.0, next_sweep - time.monotonic()))

    def _cut_short(self, end: float) -> None:
        """Return when no job is left; from `end` on, in monotonic seconds, cancel what they execute."""
        while True:
            self.woken.clear()  # each job that ends wakes, once it is no longer among those that run
            if not self._running:
                return
            left = end - time.monotonic()
            if left <= 0:
                for lease in list(self._running.values()):
                    lease.statements.cancel()
            self.woken.wait(left if left > 0 else CANCEL_AGAIN_SECONDS)

    def _sweep(self) -> None:
        with self.pool.connection(CONNECTION_SECONDS) as conn:
            for job_id, action in sweep.sweep(conn):
                event("swept", job_id=job_id, found=action)

    def _clean_up(self) -> None:
        """Make the artifacts' client ahead of its first use, then delete what could not be deleted, on a timer."""
        while True:
            try:
                self.artifacts.warm()
                self._delete_sources()
            except Exception as exc:  # noqa: BLE001 - tried again on the next round
                event("clean_up_failed", logging.WARNING, exception=log.where(exc))
            if self.stopping.wait(self.config.sweep_seconds):
                return

    def _claim_all(self) -> None:
        while (free := self.config.max_jobs - len(self._running)) > 0 and not self.stopping.is_set():
            with self.pool.connection(CONNECTION_SECONDS) as conn:
                claimed = claims.claim(conn, self.name, free, self.config.lease_seconds)
            for job in claimed:
                self._running[job.token] = lease = self.heartbeat.hold(job)
                self._threads.submit(self._run, lease)
            if len(claimed) < free:
                return

    def _run(self, lease: Lease) -> None:
        job = lease.job
        log.job_id.set(str(job.id))
        event("job_started", attempt=job.attempt, target=job.target_name)
        try:
            ending = self._attempt(lease)
            if ending is not None:
                self._end(lease, ending)
        except Exception as exc:  # noqa: BLE001 - the thread's last stop; the lease's end will bring the job back
            event("job_abandoned", logging.ERROR, exception=log.where(exc))
        finally:
            self.heartbeat.drop(job)
            del self._running[job.token]
            self.wake()

    def _attempt(self, lease: Lease) -> Ending | None:
        """Run the job; return why it did not go through, None when it did."""
        attempt: Attempt | None = None
        try:
            with self.pool.connection(CONNECTION_SECONDS) as conn, lease.statements.on(conn):
                lend, held = partial(self._lend, lease), StopSignal(self.stopping, lease.lost)
                attempt = Attempt(lease.job, conn, lend, self.downloads, self.artifacts, self.config, held)
                run(attempt)
        except (JobError, Stopped) as exc:
            return Ending(exc, attempt)
        except PoolTimeout:
            return Ending(DatabaseUnavailable("no connection to the database could be had"))
        except psycopg.Error as exc:
            return Ending(job_error(exc), attempt)
        except Exception as exc:  # noqa: BLE001 - a defect ends the job with a code, not the processor
            event("defect", logging.ERROR, exception=log.where(exc))
            return Ending(Defect(f"the processor failed with {type(exc).__name__}"))
        event("job_completed")
        if lease.job.options.get("delete_source"):
            self._delete_sources()
        return None

    @contextmanager
    def _lend(self, lease: Lease, *, instead: bool = False) -> Generator[psycopg.Connection]:
        """Lend a job one more connection, or one instead of its own, which is broken.

        Raises: PoolTimeout when there is none to be had at once.
        """
        if not (instead or self._spare.acquire(blocking=False)):
            raise PoolTimeout("all further connections are lent")
        try:
            with self.pool.connection(LEND_SECONDS) as conn, lease.statements.on(conn):
                yield conn
        finally:
            if not instead:
                self._spare.release()

    def _delete_sources(self) -> None:
        """Delete the files of completed jobs that asked for it; what fails is tried again after the next sweep."""
        with self.pool.connection(CONNECTION_SECONDS) as conn:
            for job_id, bucket, path in files.sources_to_delete(conn):
                try:
                    self.artifacts.delete(bucket, path)
                except JobError as exc:
                    event("source_not_deleted", logging.WARNING, code=exc.code, reason=exc.message)
                else:
                    files.source_deleted(conn, job_id)

    def _end(self, lease: Lease, ending: Ending) -> None:
        """Write the attempt's end, again while the database does not answer and the lease may still hold."""
        lost = isinstance(ending.reason, LeaseLost)
        deadline = time.monotonic() + self.config.lease_seconds
        while not (lost or lease.lost.is_set()) and time.monotonic() < deadline:
            try:
                with self.pool.connection(CONNECTION_SECONDS) as conn:
                    self._write_end(conn, lease.job, ending)
            except psycopg.Error as exc:
                lost = isinstance(job_error(exc), LeaseLost)
                if not lost:
                    time.sleep(RETRY_SECONDS)
            else:
                return
        event("lease_lost", logging.WARNING, code=LeaseLost.code)

    def _write_end(self, conn: psycopg.Connection, job: Job, ending: Ending) -> None:
        reason = ending.reason
        if isinstance(reason, Postponed):
            claims.postpone(conn, job, reason.seconds)
            event("job_postponed", seconds=reason.seconds)
            return
        if isinstance(reason, Stopped):
            claims.release(conn, job)
            event("job_given_back")
            return
        attempt = ending.attempt
        status = claims.fail(conn, job, reason, attempt and attempt.told, attempt.paths if attempt else Paths())
        event("attempt_failed", logging.WARNING, code=reason.code, reason=reason.message, status=status)


def run(attempt: Attempt) -> None:
    """Run an attempt.

    Raises: what it raises, but Stopped or LeaseLost when a statement may have been cut short for that, and
    DatabaseUnavailable when its connection is broken: a row's refusal that was on its way when the server went down
    would else count as the job's own fault.
    """
    try:
        attempt.run()
    except psycopg.Error as exc:
        attempt.held.check()
        if attempt.conn.broken:
            raise DatabaseUnavailable("the connection to the database was lost") from exc
        raise
