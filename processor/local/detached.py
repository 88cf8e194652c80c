"""Starts a stack in the background, with a supervisor in a session of its own, and stops it again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from processor.errors import UserError
from processor.local import leftovers, log_files, processes, restart_request, run_record, state
from processor.local.python_command import module_command, module_environment
from processor.local.run_record import RunRecord
from processor.local.state import State

_READY_SECONDS = 240.0
_STOP_SECONDS = 90.0  # the supervisor stops three programs and a server, each with a time limit of its own
_RESTART_SECONDS = 180.0  # the same, and their starts
_POLL_SECONDS = 0.05


def start(directory: Path, arguments: list[str]) -> State:
    """Run `python -m processor.cli ARGUMENTS` as the supervisor and return when its stack is ready.

    Raises: UserError when the supervisor ends or the stack does not become ready in time.
    """
    state.prepare(directory)
    log = log_files.path(directory, log_files.STACK)
    with log_files.opened(log) as output:
        log_start = output.tell()
        process = subprocess.Popen(
            module_command("processor.cli", *arguments),
            env={**os.environ, **module_environment()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _READY_SECONDS
    while not _is_ready(directory, process.pid):
        if process.poll() is not None:
            raise _failure(log, log_start)
        if time.monotonic() > deadline:
            process.terminate()
            raise UserError(f"the stack was not ready after {_READY_SECONDS:.0f} s", f"See {log} for its output.")
        time.sleep(_POLL_SECONDS)
    stored = state.load(directory)
    if stored is None:
        raise UserError(f"{directory}/state.json is missing", f"Delete {directory} and start the stack again.")
    return stored


def stop(directory: Path) -> bool:
    """End the stack in `directory` and every process it started; return whether any process was running."""
    run = run_record.read(directory)
    was_running = run is not None and processes.end(run.supervisor, signal.SIGTERM, _STOP_SECONDS)
    return leftovers.end(directory) or was_running


def restart(directory: Path, run: RunRecord, names: list[str]) -> None:
    """Ask the supervisor of a run to restart parts, and return when they serve again.

    Raises: UserError when the supervisor ends, or a part does not serve in time.
    """
    restart_request.write(directory, names)
    deadline = time.monotonic() + _RESTART_SECONDS
    while pending := _not_restarted(directory, run, names):
        if not run.supervisor.alive:
            raise UserError("the stack ended during the restart", f"See {log_files.path(directory, 'stack')}.")
        if time.monotonic() > deadline:
            raise UserError(
                f"{' and '.join(pending)} did not serve again after {_RESTART_SECONDS:.0f} s",
                f"See {' and '.join(str(log_files.path(directory, name)) for name in pending)}.",
            )
        time.sleep(_POLL_SECONDS)


def _not_restarted(directory: Path, earlier: RunRecord, names: list[str]) -> list[str]:
    run = run_record.read(directory)
    parts = run.parts if run else {}
    return [
        name
        for name in names
        if name not in parts or parts[name].condition != "running" or parts[name].process == earlier.parts[name].process
    ]


def _is_ready(directory: Path, pid: int) -> bool:
    run = run_record.read_running(directory)
    return run is not None and run.ready and run.supervisor.pid == pid


def _failure(log: Path, log_start: int) -> UserError:
    """Return the supervisor's own error, which is the last line of its output."""
    with log.open("rb") as output:
        output.seek(log_start)
        lines = output.read().decode(errors="replace").splitlines()
    if not lines:
        return UserError("the stack ended while starting", f"See {log} for its output.")
    error = re.match(r"error (\w+): ", lines[-1])
    message = lines[-1][error.end() :] if error else lines[-1]
    return UserError(message, details="\n".join(lines[:-1]), code=error[1] if error else "IJ130")
