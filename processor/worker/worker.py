"""The worker: run each claimed job in a thread, and record how it ends."""

import logging
import os
import socket
import threading
import time

import psycopg

from processor import log, metrics, traces
from processor.config import Config
from processor.database.sqlstates import is_lease_lost
from processor.errors import JobError, LeaseLost
from processor.log import event
from processor.model import FileLimits, Job
from processor.queue import claims, files, sessions
from processor.report import Report
from processor.run import AttemptContext, KnownDigests, StopSignal, run_attempt
from processor.run.result import AttemptResult, Completed, Failed, LeaseOver, Postponed, Released, Skipped
from processor.storage import Artifacts, Downloads, Source
from processor.workbook import Workbooks
from processor.worker.bell import Bell
from processor.worker.connections import CONNECTION_SECONDS, JobConnections, Pools
from processor.worker.dispatcher import RETRY_SECONDS, Dispatcher
from processor.worker.heartbeat import Heartbeat, Lease
from processor.worker.slots import Slots, WorkQueue
from processor.worker.undos import Undos

# A person waits for each inspection, which takes a fraction of a second and little memory.
INSPECTIONS = 2
# How often the statements of jobs that still run are cancelled after the time for a stop is over.
CANCEL_AGAIN_SECONDS = 0.5


class Worker:
    """Holds at most `config.max_jobs` imports, besides them inspections and an undo.

    `start` returns at once; `ring` may be called from any thread. It sets `idle` when nothing is left to do, if
    `config.idle_seconds` asks for it.
    """

    def __init__(self, config: Config, pools: Pools, downloads: Downloads, idle: threading.Event) -> None:
        pool = pools.processor
        self._config, self._pools, self._pool, self._downloads = config, pools, pool, downloads
        self._artifacts = Artifacts(config.supabase_url, config.secret_key)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._shutdown = threading.Event()
        self._ended = threading.Event()
        self._bell = Bell()
        self._heartbeat = Heartbeat(config, pool, self._bell.ring)
        self._dispatcher = Dispatcher(config, pool, self._heartbeat, self._bell, self._name, idle)
        self._imports, self._inspections = Slots(config.max_jobs, "job"), Slots(INSPECTIONS, "inspection")
        self._undos = Undos(pools, self._bell, self._ended)
        self._spare = threading.Semaphore(config.spare_connections)
        self._digests = KnownDigests()
        self._workbooks = Workbooks(config)

    def start(self) -> None:
        """Sweep once, and start to claim jobs."""
        self._heartbeat.start()
        self._dispatcher.start(
            [
                WorkQueue(self._inspections.free, claims.claim_inspections, self._begin_inspection),
                WorkQueue(self._imports.free, claims.claim, self._begin_import, of_imports=True),
            ],
            self._undos,
            self._imports.mostly_taken,
        )
        threading.Thread(target=self._clean_up, name="clean-up", daemon=True).start()
        event("worker_started", worker=self._name, max_jobs=self._config.max_jobs)

    def ring(self, number: int | None) -> None:
        """Look for due jobs now; `number` is that of the ring, None when it has none."""
        metrics.rung("http")
        self._bell.ring(number)

    def stop(self) -> None:
        """Claim no more jobs, let each job finish its chunk and release it; return when all are released.

        A chunk that takes longer than `config.stop_seconds`, for example because of a lock, is cancelled and left to
        the next attempt.
        """
        deadline = time.monotonic() + self._config.stop_seconds
        self._shutdown.set()
        event("worker_stopping", worker=self._name, jobs=len(self._running()))
        self._dispatcher.stop()
        self._cancel_after(deadline)
        for slots in (self._imports, self._inspections):
            slots.shutdown()
        self._undos.shutdown()
        self._heartbeat.stop()
        event("worker_stopped", worker=self._name)

    @property
    def alive(self) -> bool:
        """Whether the worker looks for jobs."""
        return self._dispatcher.alive

    def slots(self) -> dict[str, tuple[int, int]]:
        """Return for each kind of attempt how many run, and how many may run at once."""
        kinds = {"import": self._imports, "inspection": self._inspections}
        slots = {kind: (len(slots.leases()), slots.count) for kind, slots in kinds.items()}
        return slots | {"undo": (len(self._undos.running()), 1)}

    def _cancel_after(self, deadline: float) -> None:
        """Return when no job is left; cancel the statements of those that still run from `deadline` (monotonic) on."""
        while True:
            self._ended.clear()  # a job that ends sets it once it is no longer among those that run
            running = [*self._running(), *self._undos.running()]
            if not running:
                return
            left = deadline - time.monotonic()
            if left <= 0:
                for work in running:
                    work.cancellation.cancel()
            self._ended.wait(left if left > 0 else CANCEL_AGAIN_SECONDS)

    def _clean_up(self) -> None:
        """Create the artifacts' client before its first use, then delete on a timer what could not be deleted."""
        while True:
            try:
                self._artifacts.warm()
                self._delete_sources()
            except Exception as exc:  # noqa: BLE001 - tried again in the next round
                event("clean_up_failed", logging.WARNING, exception=log.traceback_of(exc))
            if self._shutdown.wait(self._config.sweep_seconds):
                return

    def _running(self) -> list[Lease]:
        return [*self._imports.leases(), *self._inspections.leases()]

    def _begin_import(self, job: Job) -> None:
        self._imports.run(self._heartbeat.hold(job), self._run)

    def _begin_inspection(self, job: Job) -> None:
        self._inspections.run(self._heartbeat.hold(job), self._run)

    def _run(self, lease: Lease) -> None:
        job = lease.job
        log.job_id.set(str(job.id))
        kind, started, result = "inspection" if job.inspects else "import", time.monotonic(), "abandoned"
        metrics.claimed(kind, job.waited)
        trace = trace_of(job, kind)
        event("job_started", attempt=job.attempt, target=job.target_name)
        try:
            result = self._record(lease, run_attempt(self._context(lease)))
        except Exception as exc:  # noqa: BLE001 - the end of the thread; the sweep takes the job back when its lease ends
            event("job_abandoned", logging.ERROR, exception=log.traceback_of(exc))
        finally:
            metrics.attempt_ended(kind, result, time.monotonic() - started)
            trace.end(result)
            self._heartbeat.drop(job)
            (self._inspections if job.inspects else self._imports).done(lease)
            self._ended.set()
            (self._bell.ring if job.inspects else self._bell.wake)()

    def _context(self, lease: Lease) -> AttemptContext:
        config, job = self._config, lease.job
        stop = StopSignal(self._shutdown, lease.lost)
        return AttemptContext(
            job=job,
            source=Source(self._downloads, job.bucket_id, job.object_path, config.max_file_bytes, stop.check),
            limits=FileLimits(config.max_record_bytes, config.max_field_bytes),
            artifacts=self._artifacts,
            connections=JobConnections(self._pools, job, lease.cancellation, self._spare),
            config=config,
            stop=stop,
            report=Report(),
            workbooks=self._workbooks,
            digests=self._digests,
        )

    def _record(self, lease: Lease, result: AttemptResult) -> str:
        """Log how an attempt ended, and write it into the queue where the attempt has not done so.

        Return it as a word, one of `metrics.RESULTS`.
        """
        match result:
            case Completed():
                event("job_completed")
                ended = "completed"
            case Skipped(duplicate_of):
                event("job_skipped", duplicate_of=duplicate_of)
                ended = "skipped"
            case LeaseOver():
                ended = self._lost(lease)
            case Postponed() | Released() | Failed():
                ended = self._write(lease, result)
        if isinstance(result, Completed | Skipped) and lease.job.options.get("delete_source"):
            self._delete_sources()
        return ended

    def _lost(self, lease: Lease) -> str:
        event("lease_lost", logging.WARNING, code=LeaseLost.code)
        metrics.lease_lost()
        self._restore_attempt(lease.job)
        return "lease_lost"

    def _write(self, lease: Lease, result: Postponed | Released | Failed) -> str:
        """Write a result into the queue, again while the database does not answer and the lease may still hold.

        Return it as a word, one of `metrics.RESULTS`.
        """
        deadline = time.monotonic() + self._config.lease_seconds
        while not lease.lost.is_set() and time.monotonic() < deadline:
            try:
                with self._pool.connection(CONNECTION_SECONDS) as conn:
                    return write_result(conn, lease.job, result)
            except psycopg.Error as exc:
                if is_lease_lost(exc):
                    break
                time.sleep(RETRY_SECONDS)
        return self._lost(lease)

    def _restore_attempt(self, job: Job) -> None:
        """Say that this processor is alive: a failure of its connections must not use up the job's attempts."""
        try:
            with self._pool.connection(CONNECTION_SECONDS) as conn:
                if sessions.restore_attempt(conn, job):
                    event("attempt_restored")
        except psycopg.Error as exc:
            event("attempt_not_restored", logging.WARNING, exception=type(exc).__name__)

    def _delete_sources(self) -> None:
        """Delete the files of completed jobs that asked for it; what fails is tried again after the next sweep."""
        with self._pool.connection(CONNECTION_SECONDS) as conn:
            for job_id, bucket, path in files.sources_to_delete(conn):
                try:
                    self._artifacts.delete(bucket, path)
                except JobError as exc:
                    event("source_not_deleted", logging.WARNING, code=exc.code, reason=exc.message)
                else:
                    files.source_deleted(conn, job_id)


def trace_of(job: Job, kind: str) -> traces.AttemptTrace:
    """Begin the trace of an attempt."""
    return traces.begin(
        job.id, kind, number=job.attempt, target=job.target_name, age=job.age, claim_seconds=job.claim_seconds
    )


def write_result(conn: psycopg.Connection, job: Job, result: Postponed | Released | Failed) -> str:
    """Write a result into the queue; return it as a word.

    Raises: psycopg.Error, with SQLSTATE IJ103 when the lease is over.
    """
    match result:
        case Postponed(seconds):
            claims.postpone(conn, job, seconds)
            event("job_postponed", seconds=seconds)
            return "postponed"
        case Released():
            claims.release(conn, job)
            event("job_released")
            return "released"
        case Failed(error, report, paths):
            status = claims.fail(conn, job, error, report, paths)
            event("attempt_failed", logging.WARNING, code=error.code, reason=error.message, status=status)
            metrics.attempt_failed(error.code)
            traces.fail(error.code)
            return "retried" if status == "pending" else "failed"
