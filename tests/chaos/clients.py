"""The users of a run: they upload, insert, cancel and retry, in a thread of their own, until told to stop."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import LiteralString, TypeVar

import httpx
import psycopg
from psycopg.types.json import Jsonb

from tests.chaos import oracle, rows
from tests.chaos.site import Site
from tests.chaos.spec import USED_UP, Spec, specs
from tests.chaos.task import Task
from tests.chaos.timeline import Timeline

T = TypeVar("T")
# New jobs come while fewer jobs and rows than this are waiting: enough to keep all processors busy.
OPEN_JOBS, OPEN_ROWS = 12, 250_000
PAUSE = 0.3
# The idempotency key is the job's number: one insert counts, however often its answer is lost.
INSERT = """
insert into public.import_jobs (id, object_path, target, options, idempotency_key, max_attempts)
values (%s, %s, %s, %s, %s, %s)
"""
OPEN = "select id from public.import_jobs where status in ('pending', 'running')"
FAILED = "select id from public.import_jobs where status = 'failed' and error_code = any (%s)"
CANCELLED = "select id from public.import_jobs where status = 'cancelled'"
CANCELS: tuple[LiteralString, ...] = (
    "update public.import_jobs set status = 'cancelled' where id = %s",
    "select public.cancel_import_job(%s)",
)
RETRIES: tuple[LiteralString, ...] = (
    "update public.import_jobs set status = 'pending' where id = %s",
    "select public.retry_import_job(%s)",
)
AWAY = (psycopg.OperationalError, httpx.TransportError)


class Clients(threading.Thread):
    """Everything they know is in `tasks`, by the job's number."""

    def __init__(self, site: Site, timeline: Timeline, seed: int, mark: str) -> None:
        super().__init__(name="clients", daemon=True)
        self.site, self.timeline, self.mark = site, timeline, mark
        self.tasks: dict[int, Task] = {}
        self.failure: BaseException | None = None
        self._specs = specs(seed)
        self._draw = random.Random(f"{seed}/clients")  # noqa: S311 - reproducible on purpose
        self._stopping = threading.Event()
        self._http = httpx.Client(trust_env=False, timeout=30.0, headers={"apikey": site.state.secret_key})

    def stop(self) -> None:
        """Ask for nothing more; return when the job in hand is in."""
        self._stopping.set()
        self.join()
        self._http.close()

    def run(self) -> None:
        """Work until stopped; a failure is kept in `failure`."""
        try:
            while not self._stopping.wait(PAUSE):
                self._round()
        except BaseException as exc:  # noqa: BLE001 - told by the main thread
            self.failure = exc

    def retry_used_up(self) -> int:
        """Retry every job that failed of faults alone; return how many."""
        with self.site.client() as conn:
            return sum(self._change(conn, RETRIES, each) for each in found(conn, FAILED, [list(USED_UP)]))

    def _round(self) -> None:
        try:
            with self.site.client() as conn:
                waiting = [self._of(each) for each in found(conn, OPEN)]
                self._interfere(conn, waiting)
        except AWAY:
            return
        if len(waiting) < OPEN_JOBS and sum(task.spec.rows for task in waiting) < OPEN_ROWS:
            self._ask(next(self._specs))

    def _interfere(self, conn: psycopg.Connection, waiting: list[Task]) -> None:
        """Now and then cancel a job, or retry one that was cancelled or has failed."""
        chance = self._draw.random()
        if chance < 0.05 and waiting:
            self._change(conn, CANCELS, self._draw.choice(waiting))
        elif chance < 0.08 and (cancelled := [self._of(each) for each in found(conn, CANCELLED)]):
            self._change(conn, RETRIES, self._draw.choice(cancelled))
        elif chance < 0.2 and (failed := [self._of(each) for each in found(conn, FAILED, [list(USED_UP)])]):
            self._change(conn, RETRIES, self._draw.choice(failed))

    def _change(self, conn: psycopg.Connection, ways: tuple[LiteralString, ...], job: Task | object) -> bool:
        """Cancel or retry in one of two ways; tell whether it took place. A job that has moved on is no failure."""
        task = job if isinstance(job, Task) else self._of(job)
        statement = self._draw.choice(ways)
        try:
            conn.execute(statement, (task.spec.id,))
        except psycopg.Error as exc:
            if exc.sqlstate != "IJ101":
                raise
            return False
        if ways is CANCELS:
            task.cancels += 1
        else:
            task.retries += 1
        self.timeline.note(f"job {task.spec.source} {'cancelled' if ways is CANCELS else 'retried'} by hand")
        return True

    def _ask(self, spec: Spec) -> None:
        made = rows.make(spec, self.mark)
        task = Task(spec, oracle.expect(made))
        self.tasks[spec.source] = task
        if spec.purpose != "missing":
            self._insist(lambda: self._upload(spec, made.data))
        if self._insist(lambda: self._insert(spec)):
            task.inserted = True
            kind = "atomic" if spec.atomic else "direct"
            self.timeline.note(f"job {spec.source} = {spec.id}: {spec.rows} rows, {spec.table}, {kind}, {spec.purpose}")

    def _upload(self, spec: Spec, data: bytes) -> bool:
        answer = self._http.post(
            f"{self.site.state.supabase_url}/storage/v1/object/imports/{spec.path}",
            headers={"content-type": "text/csv", "x-upsert": "true"},
            content=data,
        )
        return answer.is_success

    def _insert(self, spec: Spec) -> bool:
        values = (spec.id, spec.path, spec.target, Jsonb(spec.options), str(spec.source), spec.max_attempts)
        with self.site.client() as conn:
            try:
                conn.execute(INSERT, values)
            except psycopg.errors.UniqueViolation:
                return True  # a former try went through, and its answer was lost
        return True

    def _insist(self, act: Callable[[], bool]) -> bool:
        """Try until it works; false when told to stop before."""
        while not self._stopping.is_set():
            try:
                if act():
                    return True
            except AWAY:
                pass
            time.sleep(PAUSE)
        return False

    def _of(self, job_id: object) -> Task:
        return next(task for task in self.tasks.values() if task.spec.id == job_id)


def found(conn: psycopg.Connection, query: LiteralString, values: list[object] | None = None) -> list[object]:
    """Return the ids that a query finds."""
    return [row[0] for row in conn.execute(query, values).fetchall()]
