"""A run: start the stack, inject faults, end them, wait until every job has ended, and check the invariants."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tests.chaos import checker, snapshot, summary
from tests.chaos.chaos_stack import ChaosStack
from tests.chaos.clients import Clients
from tests.chaos.fault_schedule import schedule_faults
from tests.chaos.injector import FaultInjector
from tests.chaos.invariant import Invariant
from tests.chaos.observer import Observer
from tests.chaos.timeline import Timeline

TICK_SECONDS = 0.05
# Between two queries for the progress.
PROGRESS_SECONDS = 1.0
STATUS = "select status::text, count(*) from public.import_jobs group by status order by status"
ROWS = "select coalesce(sum(rows_read), 0)::bigint from public.import_jobs"
# The sweep drops a staging table within a second or two after the end of its job.
UNFINISHED = """
select (select count(*) from public.import_jobs where status in ('pending', 'running'))
  + (select count(*) from pg_catalog.pg_class where relname ~ '^staging_[0-9a-f]{32}$' and relkind = 'r')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a run; jobs and faults are determined by `seed`.

    `recovery_seconds` is how long the jobs may take to end after the last fault. `major` is the version of Postgres.
    """

    seconds: float
    seed: int
    recovery_seconds: float
    processors: int
    major: int | None


@dataclass(slots=True, kw_only=True)
class ChaosRun:
    """One run in a folder of its own."""

    settings: Settings
    folder: Path
    console: Console
    stack: ChaosStack = field(init=False)
    timeline: Timeline = field(init=False)
    clients: Clients = field(init=False)
    observer: Observer = field(init=False)
    retries: int = 0
    _progress: str = "starting"
    _progress_at: float = 0.0

    def __post_init__(self) -> None:
        self.stack = ChaosStack(self.folder, self.settings.processors, self.settings.major)
        self.timeline = Timeline(self.folder / "timeline.txt")
        mark = f"mark{self.settings.seed:x}x"
        self.clients = Clients(self.stack, self.timeline, self.settings.seed, mark)
        self.observer = Observer(self.stack.administrator)

    def execute(self) -> bool:
        """Execute the run; return whether every invariant holds.

        Raises: UserError when the stack does not start.
        """
        with Live(Text("chaos: starting"), console=self.console, refresh_per_second=4, transient=True) as live:
            self.stack.start()
            self._inject_faults(live)
            self._wait_for_jobs(live)
        return self._check()

    def _inject_faults(self, live: Live) -> None:
        """Inject faults while clients submit jobs."""
        settings = self.settings
        self.timeline.begin()
        faults = schedule_faults(settings.seed, settings.seconds, settings.processors)
        injector = FaultInjector(self.stack, self.timeline, faults)
        self.clients.start()
        self.observer.start()
        while self.timeline.seconds < settings.seconds:
            injector.tick()
            self._show_progress(live, f"{self.timeline.seconds:.0f}/{settings.seconds:.0f} s")
            time.sleep(TICK_SECONDS)
        injector.finish()
        self.clients.stop()

    def _wait_for_jobs(self, live: Live) -> None:
        """Wait until every job has ended; jobs that faults alone have failed are retried."""
        deadline = time.monotonic() + self.settings.recovery_seconds
        while time.monotonic() < deadline:
            for processor in self.stack.processors:
                processor.keep_running()
            self._show_progress(live, "recovering")
            if self._all_ended():
                return
            time.sleep(0.5)
        self.timeline.note("not all jobs ended before the deadline")

    def _all_ended(self) -> bool:
        retries = self.clients.retry_exhausted()
        self.retries += retries
        with self.stack.administrator() as conn:
            row = conn.execute(UNFINISHED).fetchone()
        return not retries and row == (0,)

    def _check(self) -> bool:
        """Stop everything but the database, check the invariants, and print the summary."""
        self.observer.stop()
        for processor in self.stack.processors:
            processor.stop()
        title = f"chaos: {self.settings.seconds:.0f} s, seed {self.settings.seed}"
        with self.stack.administrator() as conn:
            checked = checker.check(
                conn,
                self.clients.jobs.values(),
                mark=self.clients.mark,
                observations=self.observer.observations,
                logs=self.stack.logs,
                secrets=self.stack.secrets,
            )
            invariants = [self._check_threads(), *checked]
            summary.show(self.console, title, invariants)
            if all(invariant.holds for invariant in invariants):
                return True
            events = snapshot.group_by_job(snapshot.fetch(conn, snapshot.Event, snapshot.EVENTS))
            summary.explain(self.console, invariants, self.clients.jobs, events, self.timeline.file)
        return False

    def _check_threads(self) -> Invariant:
        """Check that no thread of the run itself failed."""
        invariant = Invariant("clients and observer worked until the end")
        for thread in (self.clients, self.observer):
            if thread.failure is not None:
                invariant.add_violation(f"{thread.name}: {thread.failure!r}")
        starts = sum(processor.starts for processor in self.stack.processors)
        invariant.counted = (
            f"{self.timeline.faults} faults, {starts} starts of processors, {self.retries} retries at the end"
        )
        return invariant

    def _show_progress(self, live: Live, phase: str) -> None:
        if time.monotonic() - self._progress_at > PROGRESS_SECONDS:
            self._progress_at = time.monotonic()
            try:
                with self.stack.administrator() as conn:
                    counts = ", ".join(f"{count} {status}" for status, count in conn.execute(STATUS).fetchall())
                    row = conn.execute(ROWS).fetchone()
                self._progress = f"{counts} · {row[0] if row else 0:,} rows"
            except psycopg.OperationalError:
                self._progress = "Postgres is unavailable"
        text = f"chaos: {phase} · seed {self.settings.seed} · {self.timeline.faults} faults · {self._progress}"
        live.update(Text(text, no_wrap=True))
