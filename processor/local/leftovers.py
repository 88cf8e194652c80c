"""Ends the processes of a stack whose supervisor was killed."""

from __future__ import annotations

import signal
from pathlib import Path

from processor.local import orphans, processes, run_record

_END_SECONDS = 20.0


def end(directory: Path) -> bool:
    """End the processes that a killed supervisor left running; return whether there were any."""
    run = run_record.read(directory)
    ended = False
    for name, child in reversed(run.children.items() if run else ()):
        request = signal.SIGINT if name == "postgres" else signal.SIGTERM
        ended |= processes.end(child, request, _END_SECONDS)
    data = directory / "postgres" / "data"
    if server := processes.postmaster(data):
        ended |= processes.end(server, signal.SIGINT, _END_SECONDS)
    return orphans.end(data) or ended
