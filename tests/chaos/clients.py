"""The clients of a run, in one thread: they upload files, and insert, cancel and retry jobs."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import LiteralString

import httpx
import psycopg
from psycopg.types.json import Jsonb

from tests.chaos import generated_file, oracle
from tests.chaos.chaos_stack import ChaosStack
from tests.chaos.job_spec import EXHAUSTED_CODES, JobSpec, job_specs
from tests.chaos.submitted_job import SubmittedJob
from tests.chaos.timeline import Timeline

# Clients insert jobs while fewer jobs and rows than this are unfinished: enough to keep all processors busy.
UNFINISHED_JOBS, UNFINISHED_ROWS = 12, 250_000
PAUSE = 0.3
# The idempotency key is the number of the job, so one insert counts however often its answer is lost.
INSERT = """
insert into public.import_jobs (id, object_path, target, options, idempotency_key, max_attempts)
values (%s, %s, %s, %s, %s, %s)
"""
UNFINISHED = "select id from public.import_jobs where status in ('pending', 'running')"
FAILED = "select id from public.import_jobs where status = 'failed' and error_code = any (%s)"
CANCELLED = "select id from public.import_jobs where status = 'cancelled'"
# A client can do both by UPDATE and by function.
CANCEL: tuple[LiteralString, ...] = (
    "update public.import_jobs set status = 'cancelled' where id = %s",
    "select public.cancel_import_job(%s)",
)
RETRY: tuple[LiteralString, ...] = (
    "update public.import_jobs set status = 'pending' where id = %s",
    "select public.retry_import_job(%s)",
)
UNAVAILABLE = (psycopg.OperationalError, httpx.TransportError)


class Clients(threading.Thread):
    """The thread of the clients; `jobs` are the jobs that they have submitted, by number."""

    def __init__(self, stack: ChaosStack, timeline: Timeline, seed: int, mark: str) -> None:
        super().__init__(name="clients", daemon=True)
        self.stack, self.timeline, self.mark = stack, timeline, mark
        self.jobs: dict[int, SubmittedJob] = {}
        self.failure: BaseException | None = None
        self._specs = job_specs(seed)
        self._random = random.Random(f"{seed}/clients")  # noqa: S311 - reproducible on purpose
        self._stopping = threading.Event()
        self._http = httpx.Client(trust_env=False, timeout=30.0, headers={"apikey": stack.state.secret_key})

    def stop(self) -> None:
        """Submit no more jobs; return when the current submission has ended."""
        self._stopping.set()
        self.join()
        self._http.close()

    def run(self) -> None:
        """Work until stopped; an exception is kept in `failure`."""
        try:
            while not self._stopping.wait(PAUSE):
                self._work()
        except BaseException as exc:  # noqa: BLE001 - the main thread reports it
            self.failure = exc

    def retry_exhausted(self) -> int:
        """Retry every job that failed because faults used up its attempts; return the number of these jobs."""
        with self.stack.client() as conn:
            return sum(self._change(conn, RETRY, job) for job in self._select(conn, FAILED, [list(EXHAUSTED_CODES)]))

    def _work(self) -> None:
        try:
            with self.stack.client() as conn:
                unfinished = self._select(conn, UNFINISHED)
                self._cancel_or_retry(conn, unfinished)
        except UNAVAILABLE:
            return
        if len(unfinished) < UNFINISHED_JOBS and sum(job.spec.rows for job in unfinished) < UNFINISHED_ROWS:
            self._submit(next(self._specs))

    def _cancel_or_retry(self, conn: psycopg.Connection, unfinished: list[SubmittedJob]) -> None:
        """Sometimes cancel a job, or retry one that was cancelled or has failed."""
        chance = self._random.random()
        if chance < 0.05 and unfinished:
            self._change(conn, CANCEL, self._random.choice(unfinished))
        elif chance < 0.08 and (cancelled := self._select(conn, CANCELLED)):
            self._change(conn, RETRY, self._random.choice(cancelled))
        elif chance < 0.2 and (failed := self._select(conn, FAILED, [list(EXHAUSTED_CODES)])):
            self._change(conn, RETRY, self._random.choice(failed))

    def _change(self, conn: psycopg.Connection, statements: tuple[LiteralString, ...], job: SubmittedJob) -> bool:
        """Cancel or retry a job by one of the statements; return false when its state had changed meanwhile."""
        statement = self._random.choice(statements)
        try:
            conn.execute(statement, (job.spec.id,))
        except psycopg.Error as exc:
            if exc.sqlstate != "IJ101":
                raise
            return False
        if statements is CANCEL:
            job.cancellations += 1
        self.timeline.note(f"job {job.spec.source} {'cancelled' if statements is CANCEL else 'retried'} by a client")
        return True

    def _submit(self, spec: JobSpec) -> None:
        file = generated_file.generate(spec, self.mark)
        job = SubmittedJob(spec, oracle.expected_result(file))
        self.jobs[spec.source] = job
        if spec.purpose != "missing":
            self._repeat(lambda: self._upload(spec, file.data))
        if self._repeat(lambda: self._insert(spec)):
            job.inserted = True
            kind = "atomic" if spec.atomic else "direct"
            self.timeline.note(f"job {spec.source} = {spec.id}: {spec.rows} rows, {spec.table}, {kind}, {spec.purpose}")

    def _upload(self, spec: JobSpec, data: bytes) -> bool:
        response = self._http.post(
            f"{self.stack.state.supabase_url}/storage/v1/object/imports/{spec.path}",
            headers={"content-type": "text/csv", "x-upsert": "true"},
            content=data,
        )
        return response.is_success

    def _insert(self, spec: JobSpec) -> bool:
        values = (spec.id, spec.path, spec.target, Jsonb(spec.options), str(spec.source), spec.max_attempts)
        with self.stack.client() as conn:
            try:
                conn.execute(INSERT, values)
            except psycopg.errors.UniqueViolation:
                return True  # an earlier insert succeeded, but its answer was lost
        return True

    def _repeat(self, action: Callable[[], bool]) -> bool:
        """Repeat an action until it succeeds; return false when the clients are stopped before."""
        while not self._stopping.is_set():
            try:
                if action():
                    return True
            except UNAVAILABLE:
                pass
            time.sleep(PAUSE)
        return False

    def _select(
        self, conn: psycopg.Connection, query: LiteralString, values: list[object] | None = None
    ) -> list[SubmittedJob]:
        """Return the submitted jobs whose ids a query returns."""
        by_id = {job.spec.id: job for job in self.jobs.values()}
        return [by_id[row[0]] for row in conn.execute(query, values).fetchall()]
