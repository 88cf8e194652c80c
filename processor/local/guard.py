"""Ends the processes of a stack whose supervisor was killed: `python -m processor.local.guard DIR PID STARTED`.

On Linux the kernel does that (`server_account.signal_on_parent_death`); this program takes its place elsewhere. Its
standard input is a pipe from the supervisor, which ends with the supervisor, however that ends.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from processor.local import leftovers, run_record
from processor.local.processes import Process
from processor.local.python_command import module_command, module_environment
from processor.local.signals import STOP_SIGNALS


def start(directory: Path, supervisor: Process) -> subprocess.Popen[bytes]:
    """Start the guard of a supervisor, which is the calling process."""
    return subprocess.Popen(
        module_command("processor.local.guard", str(directory), str(supervisor.pid), supervisor.started),
        env=module_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(directory: Path, supervisor: Process) -> None:
    """Wait for the end of the supervisor, and end the processes of its run, unless a new run has begun."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    run = run_record.read(directory)
    if run is not None and run.supervisor == supervisor:
        leftovers.end(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Process(int(sys.argv[2]), sys.argv[3]))
