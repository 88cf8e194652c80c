"""Runs a stack: starts all parts, watches them until a signal arrives, and stops them without leaving a process."""

from __future__ import annotations

import fcntl
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from processor.errors import UserError
from processor.local import postgres_installation, run_record, state
from processor.local.processes import identify, this_process
from processor.local.run_record import RunRecord
from processor.local.signals import stop_event
from processor.local.stack import Stack
from processor.local.state import State

_WATCH_SECONDS = 0.5


def supervise(directory: Path, major: int | None, *, processor: bool, on_ready: Callable[[State], None]) -> None:
    """Run the stack in `directory` until SIGINT, SIGTERM or SIGHUP, and call `on_ready` once all parts are ready.

    Raises: UserError when the stack is already running, is of another major version, or has a part that does not start.
    """
    state.prepare(directory)
    with stop_event() as stopping, _exclusive(directory):
        run_record.end_leftover_processes(directory)
        stack = Stack(directory=directory, state=_state(directory, major), stopping=stopping.is_set)
        run = RunRecord(this_process())
        run_record.write(directory, run)
        try:
            for _ in stack.start(processor=processor):
                run = _record(stack, run, ready=False)
                if stopping.is_set():
                    return
            _record(stack, run, ready=True)
            on_ready(stack.state)
            _watch(stack, stopping)
        except Exception:
            if not stopping.is_set():  # otherwise Ctrl-C ended a program that was still starting, which is not an error
                raise
        finally:
            stack.stop()


def _state(directory: Path, major: int | None) -> State:
    stored = state.load(directory)
    if stored is not None and major not in (None, stored.major):
        raise UserError(
            f"{directory} is a stack with PostgreSQL {stored.major}, not {major}",
            f"Use --postgres {stored.major} or another --data.",
        )
    wanted = stored.major if stored else major or postgres_installation.DEFAULT_MAJOR
    # Checked before a state is written that names a version which cannot be started.
    postgres_installation.find(wanted)
    return state.load_or_create(directory, wanted)


def _record(stack: Stack, run: RunRecord, *, ready: bool) -> RunRecord:
    current = RunRecord(run.supervisor, ready, {name: identify(process.pid) for name, process, _ in stack.processes()})
    run_record.write(stack.directory, current)
    return current


def _watch(stack: Stack, stopping: threading.Event) -> None:
    """Report each program that ends. The others keep running, so that the rest of the stack can be examined."""
    reported: set[str] = set()
    while not stopping.wait(_WATCH_SECONDS):
        for name, process, log in stack.processes():
            if name not in reported and process.poll() is not None:
                reported.add(name)
                print(f"{name} ended (status {process.returncode}); see {log}", file=sys.stderr, flush=True)


@contextmanager
def _exclusive(directory: Path) -> Generator[None]:
    """Hold the directory's lock; the operating system releases it however this process ends."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"a stack is already running in {directory}",
                f"Run import-jobs stack down --data {directory}, or use another --data.",
            ) from None
        yield
