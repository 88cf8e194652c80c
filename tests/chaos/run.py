"""A run: start, break things for so long, heal, wait until every job has ended, check."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tests.chaos import checker, facts, verdict
from tests.chaos.clients import Clients
from tests.chaos.inflict import Inflictor
from tests.chaos.line import Line
from tests.chaos.sampler import Sampler
from tests.chaos.schedule import troubles
from tests.chaos.site import Site
from tests.chaos.timeline import Timeline

TICK = 0.05
# Seconds between two looks at how many jobs are where.
LOOK = 1.0
# The sweep drops a staging table within a second or two of its job's end.
SETTLE = 15.0
STATUS = "select status::text, count(*) from public.import_jobs group by status order by status"
ROWS = "select coalesce(sum(rows_read), 0)::bigint from public.import_jobs"
UNSETTLED = """
select (select count(*) from public.import_jobs where status in ('pending', 'running'))
  + (select count(*) from pg_catalog.pg_class where relname ~ '^staging_[0-9a-f]{32}$' and relkind = 'r')
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked for; all it does follows from `seed`."""

    seconds: float
    seed: int
    heal_seconds: float
    processors: int
    major: int | None


@dataclass(slots=True)
class Run:
    """One run in a folder of its own."""

    settings: Settings
    folder: Path
    console: Console
    site: Site = field(init=False)
    timeline: Timeline = field(init=False)
    clients: Clients = field(init=False)
    sampler: Sampler = field(init=False)
    retried: int = 0
    _state: str = "starts"
    _looked: float = 0.0

    def __post_init__(self) -> None:
        self.site = Site(self.folder, self.settings.processors, self.settings.major)
        self.timeline = Timeline(self.folder / "timeline.txt")
        mark = f"mark{self.settings.seed:x}x"
        self.clients = Clients(self.site, self.timeline, self.settings.seed, mark)
        self.sampler = Sampler(self.site.administrator)

    def execute(self) -> bool:
        """Do all of it and tell whether every invariant held; raises UserError when the stack does not start."""
        with Live(Text("chaos: starting"), console=self.console, refresh_per_second=4, transient=True) as live:
            self.site.start()
            self._break(live)
            self._heal(live)
        return self._judge()

    def _break(self, live: Live) -> None:
        self.timeline.begin()
        inflictor = Inflictor(
            self.site, self.timeline, troubles(self.settings.seed, self.settings.seconds, self.settings.processors)
        )
        self.clients.start()
        self.sampler.start()
        while self.timeline.seconds < self.settings.seconds:
            inflictor.tick()
            self._progress(live, f"{self.timeline.seconds:.0f}/{self.settings.seconds:.0f} s")
            time.sleep(TICK)
        inflictor.finish()
        self.clients.stop()

    def _heal(self, live: Live) -> None:
        """Wait until every job has ended; those that faults alone have failed are retried."""
        deadline = time.monotonic() + self.settings.heal_seconds
        while time.monotonic() < deadline:
            for member in self.site.members:
                member.keep()
            self._progress(live, "healing")
            if self._settled():
                return
            time.sleep(0.5)
        self.timeline.note("not all jobs ended before the deadline")

    def _settled(self) -> bool:
        again = self.clients.retry_used_up()
        self.retried += again
        with self.site.administrator() as conn:
            row = conn.execute(UNSETTLED).fetchone()
        return not again and row == (0,)

    def _judge(self) -> bool:
        self.sampler.stop()
        for member in self.site.members:
            member.retire()
        own = Line("the run itself")
        for thread in (self.clients, self.sampler):
            if thread.failure is not None:
                own.wrong(f"{thread.name}: {thread.failure!r}")
        own.counted = (
            f"{self.timeline.faults} faults, {sum(member.starts for member in self.site.members)} processors started, "
            f"{self.retried} retries at the end"
        )
        with self.site.administrator() as conn:
            lines = [
                own,
                *checker.check(
                    conn,
                    self.clients.tasks.values(),
                    self.clients.mark,
                    self.sampler.sight,
                    self.site.logs,
                    self.site.secrets,
                ),
            ]
            title = f"chaos: {self.settings.seconds:.0f} s, seed {self.settings.seed}"
            verdict.show(self.console, title, lines)
            if all(line.holds for line in lines):
                return True
            events = facts.by_job(facts.fetch(conn, facts.Event, facts.EVENTS))
            verdict.explain(self.console, lines, self.clients.tasks, events, self.timeline.file)
        return False

    def _progress(self, live: Live, when: str) -> None:
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            try:
                with self.site.administrator() as conn:
                    counts = ", ".join(f"{count} {status}" for status, count in conn.execute(STATUS).fetchall())
                    row = conn.execute(ROWS).fetchone()
                self._state = f"{counts} · {row[0] if row else 0:,} rows"
            except psycopg.OperationalError:
                self._state = "Postgres is away"
        live.update(
            Text(
                f"chaos: {when} · seed {self.settings.seed} · {self.timeline.faults} faults · {self._state}",
                no_wrap=True,
            )
        )
