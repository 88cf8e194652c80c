"""Ends the backends of a PostgreSQL server that was killed, and deletes the pid file that it left behind."""

from __future__ import annotations

import signal
from pathlib import Path

from processor.local import processes

_END_SECONDS = 5.0


def end(data: Path) -> bool:
    """End the orphaned backends on the data directory `data`; return whether there were any.

    A backend that is busy does not notice the death of its server, and keeps a new server from starting. A pid file
    whose number some other process has by now, as after a reboot, does so as well. A server that runs is left alone.
    """
    if processes.postmaster(data):
        return False
    ended = False
    for backend in processes.backends(data):
        ended |= processes.end(backend, signal.SIGQUIT, _END_SECONDS)
    (data / "postmaster.pid").unlink(missing_ok=True)
    return ended
