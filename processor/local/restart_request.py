"""How another command asks the supervisor to restart parts: by a file with their names."""

from __future__ import annotations

from pathlib import Path

from processor.local.state import write_private

_FILE = "restart"


def write(directory: Path, names: list[str]) -> None:
    """Ask for the restart of these parts."""
    write_private(directory / _FILE, "\n".join(names))


def take(directory: Path) -> list[str]:
    """Return the parts whose restart was asked for since the last call."""
    path = directory / _FILE
    try:
        names = path.read_text().split()
        path.unlink()
    except FileNotFoundError:
        return []
    return names
