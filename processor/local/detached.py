"""Starts a stack in the background, with a supervisor in a session of its own, and stops it again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from processor.errors import UserError
from processor.local import processes, run_record, state
from processor.local.python_command import module_command, module_environment
from processor.local.state import State

_READY_SECONDS = 240.0
_STOP_SECONDS = 90.0  # the supervisor stops three programs and a server, each with a time limit of its own
_POLL_SECONDS = 0.05


def start(directory: Path, arguments: list[str]) -> State:
    """Run `python -m processor.cli ARGUMENTS` as the supervisor and return when its stack is ready.

    Raises: UserError when the supervisor ends or the stack does not become ready in time.
    """
    state.prepare(directory)
    log = directory / "logs" / "stack.log"
    with log.open("ab") as output:
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
    return run_record.end_leftover_processes(directory) or was_running


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
    message = lines[-1].removeprefix("error: ")
    return UserError(message, details="\n".join(lines[:-1]))
