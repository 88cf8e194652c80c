"""Processes told apart for good, by id and time of birth, and ended by nothing but that."""

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
    """A process id with the time it was born, since ids are used again."""

    pid: int
    born: str

    @property
    def alive(self) -> bool:
        return birth(self.pid) == self.born


def this_process() -> Process:
    """Return the caller."""
    return identify(os.getpid())


def identify(pid: int) -> Process:
    """Return the process that has `pid` now."""
    return Process(pid, birth(pid) or "")


def birth(pid: int) -> str | None:
    """Return when the process was born, None when it is gone or only waits to be buried by its parent."""
    if _PROC.joinpath("self", "stat").exists():
        return _birth_from_proc(pid)
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(maxsplit=1)
    return said[1].strip() if len(said) == 2 and not said[0].startswith("Z") else None


def _birth_from_proc(pid: int) -> str | None:
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold anything; what follows it starts with field 3, the state.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def end(process: Process, asking: signal.Signals, patience: float) -> bool:
    """Ask `process` to end, kill it when `patience` seconds were not enough, and tell whether it was alive."""
    if not process.alive:
        return False
    _send(process, asking)
    if not wait_for_end(process, patience):
        _send(process, signal.SIGKILL)
        wait_for_end(process, patience)
    return True


def wait_for_end(process: Process, seconds: float) -> bool:
    """Wait until `process` is gone, at most `seconds`, and tell whether it is."""
    deadline = time.monotonic() + seconds
    while process.alive and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return not process.alive


def postmaster(data: Path) -> Process | None:
    """Return the PostgreSQL that serves `data`, by its pid file, which may outlive it."""
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


def _send(process: Process, what: signal.Signals) -> None:
    try:
        os.kill(process.pid, what)
    except ProcessLookupError:
        return
