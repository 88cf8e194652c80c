"""The life of a stack: started as a whole, watched until a signal, stopped without leaving a process."""

from __future__ import annotations

import fcntl
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from processor.errors import UserError
from processor.local import postgres_installation, run_record, state
from processor.local.processes import identify, this_process
from processor.local.run_record import RunRecord
from processor.local.stack import Stack
from processor.local.state import State

_WATCH_SECONDS = 0.5


def supervise(directory: Path, major: int | None, *, processor: bool, on_ready: Callable[[State], None]) -> None:
    """Run the stack of `directory` until SIGINT, SIGTERM or SIGHUP; `on_ready` is called once all of it answers."""
    state.prepare(directory)
    with _signals() as stopping, _only_one(directory):
        run_record.end_leftover_processes(directory)
        stack = Stack(directory, _state(directory, major), stopping.is_set)
        run = RunRecord(this_process())
        run_record.write(directory, run)
        try:
            for _ in stack.start(processor=processor):
                run = _note(stack, run, ready=False)
                if stopping.is_set():
                    return
            _note(stack, run, ready=True)
            on_ready(stack.state)
            _watch(stack, stopping)
        except Exception:
            if not stopping.is_set():  # else Ctrl-C reached a program we were waiting for, which is no failure
                raise
        finally:
            stack.stop()


def _state(directory: Path, major: int | None) -> State:
    kept = state.load(directory)
    if kept is not None and major not in (None, kept.major):
        raise UserError(
            f"{directory} is a stack with PostgreSQL {kept.major}, not {major}",
            f"use --postgres {kept.major} or another --data",
        )
    wanted = kept.major if kept else major or postgres_installation.DEFAULT_MAJOR
    postgres_installation.find(wanted)  # before anything is written down that would have to be deleted by hand
    return state.load_or_create(directory, wanted)


def _note(stack: Stack, run: RunRecord, *, ready: bool) -> RunRecord:
    noted = RunRecord(run.supervisor, ready, {name: identify(process.pid) for name, process, _ in stack.processes()})
    run_record.write(stack.directory, noted)
    return noted


def _watch(stack: Stack, stopping: threading.Event) -> None:
    """Report each program that ends; the others go on, since a stack without a part is worth looking at."""
    reported: set[str] = set()
    while not stopping.wait(_WATCH_SECONDS):
        for name, process, log in stack.processes():
            if name not in reported and process.poll() is not None:
                reported.add(name)
                print(f"{name} ended (status {process.returncode}); see {log}", file=sys.stderr, flush=True)


@contextmanager
def _only_one(directory: Path) -> Generator[None]:
    """Hold the directory's lock, which the system takes back however this process ends."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"a stack is already running in {directory}",
                f"import-jobs stack down --data {directory}, or another --data",
            ) from None
        yield


@contextmanager
def _signals() -> Generator[threading.Event]:
    """Turn the signals that end a program into an event, so that nothing is broken off half started."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
