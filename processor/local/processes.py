"""Processes identified by process id and start time, so that a reused id is never taken for the old process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A process id and the start time of its process, in the format of the operating system."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process is still running."""
        return start_time(self.pid) == self.started


def this_process() -> Process:
    """Return the calling process."""
    return identify(os.getpid())


def identify(pid: int) -> Process:
    """Return the process that has the id `pid` now; it is not alive when there is none."""
    return Process(pid, start_time(pid) or "")


def start_time(pid: int) -> str | None:
    """Return the start time of a process, or None when it is gone or a zombie."""
    if _PROC.joinpath("self", "stat").exists():
        return _start_time_from_proc(pid)
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    fields = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(maxsplit=1)
    return fields[1].strip() if len(fields) == 2 and not fields[0].startswith("Z") else None


def _start_time_from_proc(pid: int) -> str | None:
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may contain any character. The text after it begins with field 3, the state.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def end(process: Process, request: signal.Signals, seconds: float) -> bool:
    """Send `request` to a process, kill it if it does not end within `seconds`, and return whether it was alive."""
    if not process.alive:
        return False
    _send(process, request)
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
    return process if process.alive and str(data.resolve()) in _arguments(pid) else None


def _arguments(pid: int) -> list[str]:
    if _PROC.joinpath("self", "stat").exists():
        try:
            return os.fsdecode(_PROC.joinpath(str(pid), "cmdline").read_bytes()).split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    return subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split()


def _send(process: Process, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
