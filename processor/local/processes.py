"""Which processes belong to a stack, written down so that another command can end them, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from processor.local.state import write_private

_FILE = "run.json"
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


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a stack: who watches it, whether all of it answered, and what it started."""

    supervisor: Process
    ready: bool = False
    children: dict[str, Process] = field(default_factory=dict[str, Process])


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


def write_run(directory: Path, run: Run) -> None:
    """Replace the record of the run."""
    write_private(directory / _FILE, json.dumps(asdict(run), indent=2))


def read_run(directory: Path) -> Run | None:
    """Return the record of the last run, None when there was none or it is unreadable."""
    try:
        kept: dict[str, Any] = json.loads((directory / _FILE).read_text())
        children = {name: Process(**child) for name, child in kept["children"].items()}
        return Run(Process(**kept["supervisor"]), kept["ready"], children)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


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


def end_postmaster(data: Path, patience: float) -> bool:
    """End a PostgreSQL that still serves `data`, by its pid file, and tell whether there was one."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return False
    process = identify(pid)
    return str(data.resolve()) in _arguments(pid) and end(process, signal.SIGINT, patience)


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
