"""The record of a stack's run: DIR/run.json names its processes, so that another command can end exactly those."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from processor.local.part import Condition, Part
from processor.local.processes import Process, identify
from processor.local.state import write_private

_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecord:
    """The process of a part and what happened to it; the other values are those of `part.Part`."""

    process: Process
    condition: Condition = "running"
    changed_at: float = 0.0
    due_at: float = 0.0
    restarts: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a stack: its supervisor, whether all parts were ready once, its parts by name, and what it lacks."""

    supervisor: Process
    ready: bool = False
    parts: dict[str, PartRecord] = field(default_factory=dict[str, PartRecord])
    notes: list[str] = field(default_factory=list[str])

    @property
    def children(self) -> dict[str, Process]:
        """The processes of the parts by name; some may have ended."""
        return {name: part.process for name, part in self.parts.items()}


def of_part(part: Part) -> PartRecord:
    """Return the record of a part."""
    return PartRecord(
        process=identify(part.program.process.pid),
        condition=part.condition,
        changed_at=part.changed_at,
        due_at=part.due_at,
        restarts=part.restarts,
        reason=part.reason,
    )


def write(directory: Path, run: RunRecord) -> None:
    """Replace the record."""
    write_private(directory / _FILE, json.dumps(asdict(run), indent=2))


def read(directory: Path) -> RunRecord | None:
    """Return the record of the last run, or None when it is missing or cannot be read."""
    try:
        stored: dict[str, Any] = json.loads((directory / _FILE).read_text())
        parts = {name: _part(values) for name, values in stored["parts"].items()}
        return RunRecord(Process(**stored["supervisor"]), stored["ready"], parts, stored.get("notes", []))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_running(directory: Path) -> RunRecord | None:
    """Return the record of the last run if its supervisor is alive, otherwise None."""
    run = read(directory)
    return run if run is not None and run.supervisor.alive else None


def _part(values: dict[str, Any]) -> PartRecord:
    return PartRecord(process=Process(**values.pop("process")), **values)
