"""The record of a stack's run: DIR/run.json names its processes, so that another command can end exactly those."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from processor.local import processes
from processor.local.processes import Process
from processor.local.state import write_private

_FILE = "run.json"
_END_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a stack: its supervisor, whether all parts are ready, and the processes it started by name."""

    supervisor: Process
    ready: bool = False
    children: dict[str, Process] = field(default_factory=dict[str, Process])


def write(directory: Path, run: RunRecord) -> None:
    """Replace the record."""
    write_private(directory / _FILE, json.dumps(asdict(run), indent=2))


def read(directory: Path) -> RunRecord | None:
    """Return the record of the last run, or None when it is missing or cannot be read."""
    try:
        stored: dict[str, Any] = json.loads((directory / _FILE).read_text())
        children = {name: Process(**child) for name, child in stored["children"].items()}
        return RunRecord(Process(**stored["supervisor"]), stored["ready"], children)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_running(directory: Path) -> RunRecord | None:
    """Return the record of the last run if its supervisor is alive, otherwise None."""
    run = read(directory)
    return run if run is not None and run.supervisor.alive else None


def end_leftover_processes(directory: Path) -> bool:
    """End the processes that a killed supervisor left running; return whether there were any."""
    run = read(directory)
    ended = False
    for name, child in reversed(run.children.items() if run else ()):
        request = signal.SIGINT if name == "postgres" else signal.SIGTERM
        ended |= processes.end(child, request, _END_SECONDS)
    if server := processes.postmaster(directory / "postgres" / "data"):
        ended |= processes.end(server, signal.SIGINT, _END_SECONDS)
    return ended
