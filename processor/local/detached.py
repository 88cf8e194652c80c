"""A stack in the background: a supervisor with a session of its own, and the ways to wait for it and to end it."""

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
_STOP_SECONDS = 90.0  # three programs and a database, each with its own patience
_POLL_SECONDS = 0.05


def start(directory: Path, arguments: list[str]) -> State:
    """Start `python -m processor.cli ARGUMENTS` as the supervisor and return when its stack is ready."""
    state.prepare(directory)
    log = directory / "logs" / "stack.log"
    with log.open("ab") as output:
        said_before = output.tell()
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
            raise _failure(log, said_before)
        if time.monotonic() > deadline:
            process.terminate()
            raise UserError(f"the stack was not ready after {_READY_SECONDS:.0f} s", f"see {log}")
        time.sleep(_POLL_SECONDS)
    kept = state.load(directory)
    if kept is None:
        raise UserError(f"{directory}/state.json is gone", f"delete {directory}")
    return kept


def stop(directory: Path) -> bool:
    """End the stack of `directory` with everything it started, and tell whether anything ran."""
    run = run_record.read(directory)
    ran = run is not None and processes.end(run.supervisor, signal.SIGTERM, _STOP_SECONDS)
    return run_record.end_leftover_processes(directory) or ran


def _is_ready(directory: Path, pid: int) -> bool:
    run = run_record.read_running(directory)
    return run is not None and run.ready and run.supervisor.pid == pid


def _failure(log: Path, said_before: int) -> UserError:
    """Return what the supervisor said as it ended; its last line is its own one-line error."""
    with log.open("rb") as said:
        said.seek(said_before)
        lines = said.read().decode(errors="replace").splitlines()
    if not lines:
        return UserError("the stack ended while starting", f"see {log}")
    message = lines[-1].removeprefix("error: ")
    return UserError(message, details="\n".join(lines[:-1]))
