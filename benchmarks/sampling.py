"""Samples of a run from outside: the CPU time of each process, and the wait events of the processor's sessions."""

import os
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.processes import descendants, stat_fields
from benchmarks.stack import BenchmarkStack
from processor.local import state
from processor.local.postgres import SUPERUSER

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
# A query of the sessions costs the server about half a millisecond; reading all processes costs a few milliseconds.
SESSION_SECONDS, CPU_SECONDS = 0.05, 0.5
SESSIONS = """select state, coalesce(wait_event_type || ': ' || wait_event, 'on the CPU')
from pg_stat_activity where usename = 'import_processor'"""


@dataclass(slots=True, kw_only=True)
class Samples:
    """The samples of one run.

    `cpu` are the CPU seconds since the start, by label. `waits` counts each wait event, in `session_samples` samples.
    `max_sessions` is the greatest number of sessions at once.
    """

    stack: BenchmarkStack
    cpu: dict[str, float] = field(default_factory=dict[str, float])
    waits: Counter[str] = field(default_factory=Counter[str])
    session_samples: int = 0
    max_sessions: int = 0
    _first: dict[int, float] = field(default_factory=dict[int, float])
    _last: dict[int, tuple[str, float]] = field(default_factory=dict[int, tuple[str, float]])

    def sample_processes(self, *, first: bool = False) -> None:
        """Read the CPU times of the processor, of each process of the server, and of Storage."""
        for pid, label in process_labels(self.stack).items():
            fields = stat_fields(pid)
            if fields:
                seconds = (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
                if first:
                    self._first[pid] = seconds
                self._last[pid] = (label, seconds)

    def sample_sessions(self, conn: psycopg.Connection) -> None:
        """Count the wait event of each session of the processor that is not idle."""
        self.session_samples += 1
        sessions = conn.execute(SESSIONS).fetchall()
        self.max_sessions = max(self.max_sessions, len(sessions))
        for status, wait in sessions:
            if status != "idle":
                waits_for_client = status != "active" or "ClientRead" in wait
                self.waits["waits for the processor" if waits_for_client else wait] += 1

    def cpu_of(self, prefix: str) -> float:
        """Return the CPU seconds of all processes whose label starts with a prefix."""
        return sum(seconds for label, seconds in self.cpu.items() if label.startswith(prefix))

    def finish(self) -> None:
        """Take the last sample of the processes, and add up the CPU times by label."""
        self.sample_processes()
        for pid, (label, seconds) in self._last.items():
            self.cpu[label] = self.cpu.get(label, 0.0) + seconds - self._first.get(pid, 0.0)


def process_labels(stack: BenchmarkStack) -> dict[int, str]:
    """Return the label of each process of the stack, by process id."""
    labels = {stack.processor.pid: "processor", stack.pid("storage"): "Storage"}
    labels |= dict.fromkeys(descendants(stack.processor.pid), "processor")
    labels |= {pid: server_process_label(pid) for pid in descendants(stack.pid("postgres"))}
    return labels


def server_process_label(pid: int) -> str:
    """Return the label of a process of the server, from its title."""
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return "Postgres, other"
    description = title.partition("postgres: ")[2]
    if description.startswith("import_processor"):
        return "Postgres, the processor's sessions"
    names = ("checkpointer", "background writer", "walwriter", "autovacuum")
    return next((f"Postgres, {name}" for name in names if description.startswith(name)), "Postgres, other")


@contextmanager
def sampled(stack: BenchmarkStack) -> Generator[Samples]:
    """Take samples while the block runs."""
    samples, ended = Samples(stack=stack), threading.Event()
    stack_state = state.load(stack.data)
    url = stack_state.database_url(SUPERUSER) if stack_state else ""

    def take_samples() -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            next_cpu_sample = 0.0
            while not ended.wait(SESSION_SECONDS):
                samples.sample_sessions(conn)
                if time.monotonic() > next_cpu_sample:
                    samples.sample_processes()
                    next_cpu_sample = time.monotonic() + CPU_SECONDS

    samples.sample_processes(first=True)
    thread = threading.Thread(target=take_samples, name="sampling")
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()
        samples.finish()
