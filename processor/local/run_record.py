"""What one run of a stack started, written to DIR/run.json so that another command can end exactly that."""

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
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a stack: who watches it, whether all of it answered, and what it started."""

    supervisor: Process
    ready: bool = False
    children: dict[str, Process] = field(default_factory=dict[str, Process])


def write(directory: Path, run: RunRecord) -> None:
    """Replace the record of the run."""
    write_private(directory / _FILE, json.dumps(asdict(run), indent=2))


def read(directory: Path) -> RunRecord | None:
    """Return the record of the last run, None when there was none or it is unreadable."""
    try:
        kept: dict[str, Any] = json.loads((directory / _FILE).read_text())
        children = {name: Process(**child) for name, child in kept["children"].items()}
        return RunRecord(Process(**kept["supervisor"]), kept["ready"], children)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_running(directory: Path) -> RunRecord | None:
    """Return the run of a stack whose supervisor is alive, else None."""
    run = read(directory)
    return run if run is not None and run.supervisor.alive else None


def end_leftover_processes(directory: Path) -> bool:
    """End what a killed supervisor left behind, and tell whether there was anything."""
    run = read(directory)
    ended = False
    for name, child in reversed(run.children.items() if run else ()):
        asking = signal.SIGINT if name == "postgres" else signal.SIGTERM
        ended |= processes.end(child, asking, _PATIENCE)
    if server := processes.postmaster(directory / "postgres" / "data"):
        ended |= processes.end(server, signal.SIGINT, _PATIENCE)
    return ended
