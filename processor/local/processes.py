"""Processes identified by process id and start time, so that a reused id is never taken for the old process."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from processor.local import process_table

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A process id and the start of its process, in the form of `process_table.start_time`."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process is still running."""
        return process_table.start_time(self.pid) == self.started


def this_process() -> Process:
    """Return the calling process."""
    return identify(os.getpid())


def identify(pid: int) -> Process:
    """Return the process that has the id `pid` now; it is not alive when there is none."""
    return Process(pid, process_table.start_time(pid) or "")


def end(process: Process, request: signal.Signals, seconds: float) -> bool:
    """Send `request` to a process, kill it if it does not end within `seconds`, and return whether it was alive."""
    if not process.alive:
        return False
    _send(process, request)
    _send(process, signal.SIGCONT)  # a suspended process handles no request
    if not wait_for_end(process, seconds):
        _send(process, signal.SIGKILL)
        wait_for_end(process, seconds)
    return True


def wait_for_end(process: Process, seconds: float) -> bool:
    """Wait up to `seconds` until a process has ended; return whether it has."""
    deadline = time.monotonic() + seconds
    while process.alive and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return not process.alive


def postmaster(data: Path) -> Process | None:
    """Return the PostgreSQL server that runs on the data directory `data`, or None.

    The server is found by its pid file. A file that a dead server left behind is ignored.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    process = identify(pid)
    return process if process.alive and str(data.resolve()) in process_table.arguments(pid) else None


def backends(data: Path) -> list[Process]:
    """Return the processes of a PostgreSQL server on the data directory `data`, whose server may be gone.

    A backend works in the data directory. One that is busy outlives a killed server until its statement has ended.
    """
    return [identify(pid) for pid in process_table.working_in(data)] if data.exists() else []


def _send(process: Process, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
