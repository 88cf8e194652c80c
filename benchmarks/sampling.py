"""Watching a run from outside: CPU seconds by process, and what the processor's sessions wait for."""

import os
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.processors import children, stat
from benchmarks.rig import Rig
from processor.local import state
from processor.local.postgres import SUPERUSER

TICKS = os.sysconf("SC_CLK_TCK")
# A look at the sessions costs the server about half a millisecond, one at all processes a few milliseconds.
WAIT_SECONDS, CPU_SECONDS = 0.05, 0.5
SESSIONS = """select state, coalesce(wait_event_type || ': ' || wait_event, 'on the CPU')
from pg_stat_activity where usename = 'import_processor'"""


@dataclass(slots=True)
class Watch:
    """What was seen.

    `cpu` are seconds since the begin by process, `waits` how often each was seen, `sessions` the most at once.
    """

    rig: Rig
    cpu: dict[str, float] = field(default_factory=dict[str, float])
    waits: Counter[str] = field(default_factory=Counter[str])
    looks: int = 0
    sessions: int = 0
    _first: dict[int, float] = field(default_factory=dict[int, float])
    _last: dict[int, tuple[str, float]] = field(default_factory=dict[int, tuple[str, float]])

    def look_at_processes(self, *, begin: bool = False) -> None:
        """Take the CPU times of the processor, of each process of the server, and of Storage."""
        for pid, label in labelled(self.rig).items():
            fields = stat(pid)
            if fields:
                seconds = (int(fields[11]) + int(fields[12])) / TICKS
                if begin:
                    self._first[pid] = seconds
                self._last[pid] = (label, seconds)

    def look_at_sessions(self, conn: psycopg.Connection) -> None:
        """Note what each of the processor's sessions that is at work waits for."""
        self.looks += 1
        found = conn.execute(SESSIONS).fetchall()
        self.sessions = max(self.sessions, len(found))
        for status, wait in found:
            if status != "idle":
                self.waits["waits for the processor" if status != "active" or "ClientRead" in wait else wait] += 1

    def cpu_of(self, beginning: str) -> float:
        """Return the CPU seconds of all processes whose label begins so."""
        return sum(seconds for label, seconds in self.cpu.items() if label.startswith(beginning))

    def sum_up(self) -> None:
        """Bring the CPU times together by label."""
        self.look_at_processes()
        for pid, (label, seconds) in self._last.items():
            self.cpu[label] = self.cpu.get(label, 0.0) + seconds - self._first.get(pid, 0.0)


def labelled(rig: Rig) -> dict[int, str]:
    """Return the processes that take part, by id."""
    found = {rig.processor.pid: "processor", rig.pid("storage"): "Storage"}
    found |= dict.fromkeys(children(rig.processor.pid), "processor")
    found |= {pid: kind_of(pid) for pid in children(rig.pid("postgres"))}
    return found


def kind_of(pid: int) -> str:
    """Return what a process of the server does, from its title."""
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return "Postgres, other"
    rest = title.partition("postgres: ")[2]
    if rest.startswith("import_processor"):
        return "Postgres, the processor's sessions"
    known = ("checkpointer", "background writer", "walwriter", "autovacuum")
    return next((f"Postgres, {name}" for name in known if rest.startswith(name)), "Postgres, other")


@contextmanager
def watched(rig: Rig) -> Generator[Watch]:
    """Watch while the block runs."""
    watch, over = Watch(rig), threading.Event()
    kept = state.load(rig.data)
    url = kept.database_url(SUPERUSER) if kept else ""

    def follow() -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            next_cpu = 0.0
            while not over.wait(WAIT_SECONDS):
                watch.look_at_sessions(conn)
                if time.monotonic() > next_cpu:
                    watch.look_at_processes()
                    next_cpu = time.monotonic() + CPU_SECONDS

    watch.look_at_processes(begin=True)
    thread = threading.Thread(target=follow, name="watch")
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
        watch.sum_up()
