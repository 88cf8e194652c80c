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

from processor.local import installation, processes, state
from processor.local.processes import Run, identify, this_process
from processor.local.stack import Stack
from processor.local.state import State
from processor.problem import Problem

_WATCH_SECONDS = 0.5
_PATIENCE = 20.0


def supervise(directory: Path, major: int | None, *, processor: bool, on_ready: Callable[[State], None]) -> None:
    """Run the stack of `directory` until SIGINT, SIGTERM or SIGHUP; `on_ready` is called once all of it answers."""
    prepare(directory)
    with _signals() as stopping, _only_one(directory):
        end_leftovers(directory)
        stack = Stack(directory, _state(directory, major), stopping.is_set)
        run = Run(this_process())
        processes.write_run(directory, run)
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


def prepare(directory: Path) -> None:
    """Make the stack's folder; the server's account may pass through it when root is the caller."""
    try:
        if not directory.exists():
            directory.mkdir(parents=True)
            directory.chmod(0o711)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Problem(f"cannot use {directory}: {error.strerror}", "choose another --data") from None


def is_running(directory: Path) -> Run | None:
    """Return the run of a stack whose supervisor is alive, else None."""
    run = processes.read_run(directory)
    return run if run is not None and run.supervisor.alive else None


def end_leftovers(directory: Path) -> bool:
    """End what a killed supervisor left behind, and tell whether there was anything."""
    run = processes.read_run(directory)
    ended = False
    for name, child in reversed(run.children.items() if run else ()):
        asking = signal.SIGINT if name == "postgres" else signal.SIGTERM
        ended |= processes.end(child, asking, _PATIENCE)
    return processes.end_postmaster(directory / "postgres" / "data", _PATIENCE) or ended


def _state(directory: Path, major: int | None) -> State:
    kept = state.load_or_create(directory, major or installation.DEFAULT_MAJOR)
    if major is not None and major != kept.major:
        raise Problem(
            f"{directory} is a stack with PostgreSQL {kept.major}, not {major}",
            f"use --postgres {kept.major} or another --data",
        )
    return kept


def _note(stack: Stack, run: Run, *, ready: bool) -> Run:
    noted = Run(run.supervisor, ready, {name: identify(process.pid) for name, process, _ in stack.processes()})
    processes.write_run(stack.directory, noted)
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
            raise Problem(
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
