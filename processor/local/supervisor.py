"""Runs a stack: starts all parts, starts each again that ends, and stops them on a signal without leaving a process."""

from __future__ import annotations

import fcntl
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from processor.errors import UserError
from processor.local import api, guard, leftovers, log_files, postgres_installation, restart_request, run_record, state
from processor.local.part import Part
from processor.local.processes import Process, this_process
from processor.local.run_record import RunRecord
from processor.local.signals import stop_event
from processor.local.stack import Stack
from processor.local.state import State

# How soon the end of a part is noticed.
_WATCH_SECONDS = 0.1


def supervise(
    directory: Path, major: int | None, *, processor: bool, with_api: bool, on_ready: Callable[[State], None]
) -> None:
    """Run the stack in `directory` until SIGINT, SIGTERM or SIGHUP, and call `on_ready` once all parts are ready.

    Raises: UserError when the stack is already running, is of another major version, or has a part that does not start.
    """
    state.prepare(directory)
    report = partial(log_files.report, directory)
    with stop_event() as stopping, _exclusive(directory):
        if leftovers.end(directory):
            report("ended the processes that a killed stack had left behind")
        stack = Stack(
            directory=directory,
            state=_state(directory, major, report),
            api=api.find(report) if with_api else api.NONE,
            stopping=stopping.is_set,
        )
        supervisor = this_process()
        _record(directory, supervisor, [])
        with _guarded(directory, supervisor):
            try:
                parts = _start(stack, supervisor, report, processor=processor)
                if not stopping.is_set():
                    on_ready(stack.state)
                    _watch(stack, supervisor, parts, stopping)
            except Exception:
                if not stopping.is_set():  # otherwise Ctrl-C ended a program that was still starting, which is no error
                    raise
            finally:
                stack.stop()


def _state(directory: Path, major: int | None, report: Callable[[str], None]) -> State:
    stored = state.load(directory)
    if stored is not None and major not in (None, stored.major):
        raise UserError(
            f"{directory} is a stack with PostgreSQL {stored.major}, not {major}",
            f"Use --postgres {stored.major} or another --data, or delete its data with import-jobs stack reset.",
        )
    wanted = stored.major if stored else major or postgres_installation.DEFAULT_MAJOR
    # Checked before a state is written that names a version which cannot be started.
    postgres_installation.find(wanted)
    current = state.load_or_create(directory, wanted)
    for line in state.moved_ports(stored, current) if stored else ():
        report(line)
    return current


def _start(stack: Stack, supervisor: Process, report: Callable[[str], None], *, processor: bool) -> list[Part]:
    """Start all parts in order, and record after each step which processes run; a stop signal ends it early."""
    restart_request.take(stack.directory)  # one of an earlier run
    parts: list[Part] = []
    for _ in stack.start(processor=processor):
        parts = [Part(program, report) for program in stack.programs()]
        _record(stack.directory, supervisor, parts)
        if stack.stopping():
            return parts
    for note in stack.notes:
        report(note)
    _record(stack.directory, supervisor, parts, ready=True, notes=stack.notes)
    return parts


def _watch(stack: Stack, supervisor: Process, parts: list[Part], stopping: threading.Event) -> None:
    """Start the parts again that end, or whose restart another command asks for."""
    while not stopping.wait(_WATCH_SECONDS):
        asked = restart_request.take(stack.directory)
        for part in reversed(parts):
            if part.program.name in asked:
                part.restart()
        changed = [part.look() for part in parts]
        if asked or any(changed):
            _record(stack.directory, supervisor, parts, ready=True, notes=stack.notes)


def _record(
    directory: Path, supervisor: Process, parts: list[Part], *, ready: bool = False, notes: Sequence[str] = ()
) -> None:
    records = {part.program.name: run_record.of_part(part) for part in parts}
    run_record.write(directory, RunRecord(supervisor, ready, records, list(notes)))


@contextmanager
def _guarded(directory: Path, supervisor: Process) -> Generator[None]:
    """End all processes when this one is killed. On Linux the kernel does it, which costs no process."""
    if sys.platform == "linux":
        yield
        return
    with guard.start(directory, supervisor):
        yield


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
