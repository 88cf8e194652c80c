"""`import-jobs stack` as a user runs it: in another process, with its output and the processes it leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processor.local import process_table, processes, run_record
from tests.waiting import until

SECONDS = 120.0
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = [sys.executable, "-m", "processor.cli", "stack"]


@dataclass(frozen=True, slots=True)
class StackCommand:
    """The command with one data directory, without the Data API and Auth unless a test asks for them."""

    data: Path
    options: tuple[str, ...] = ("--no-api",)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_COMMAND, *arguments, *(self.options if arguments[0] == "up" else ()), "--data", str(self.data)],
            env=_env() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @contextmanager
    def foreground(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run `stack up` as in a terminal and yield when the stack is ready; end all of it afterwards."""
        process = subprocess.Popen(
            [*_COMMAND, "up", *arguments, *self.options, "--data", str(self.data)],
            env=_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until(lambda: self.ready or process.poll() is not None, "a stack that is ready", SECONDS)
            if process.poll() is not None:
                raise AssertionError(process.communicate())
            yield process
        finally:
            self.down_if_running()
            process.kill()
            process.communicate()

    @contextmanager
    def detached(self, *arguments: str, **variables: str) -> Iterator[dict[str, str]]:
        """Run `stack up --detach` and yield the variables of `stack env`; end all of it afterwards."""
        try:
            up = self.run("up", "--detach", *arguments, **variables)
            assert up.returncode == 0, up.stderr
            yield self.env()
        finally:
            self.down_if_running()

    def down_if_running(self) -> None:
        run = run_record.read(self.data)
        if run is not None and alive({"supervisor": run.supervisor, **run.children}):
            self.run("down")

    def env(self) -> dict[str, str]:
        """Return the variables that a shell has after eval "$(import-jobs stack env)"."""
        printed = self.run("env")
        assert printed.returncode == 0, printed.stderr
        shell = subprocess.run(
            ["/bin/sh", "-c", 'eval "$0"; env', printed.stdout],
            env={},
            capture_output=True,
            text=True,
            check=True,
        )
        names = [line.removeprefix("export ").partition("=")[0] for line in printed.stdout.splitlines()]
        variables = dict(line.split("=", 1) for line in shell.stdout.splitlines())
        return {name: variables[name] for name in names}

    @property
    def ready(self) -> bool:
        run = run_record.read(self.data)
        return run is not None and run.ready and run.supervisor.alive

    def processes(self) -> dict[str, processes.Process]:
        """Return the processes of the run, including the supervisor."""
        run = run_record.read(self.data)
        assert run is not None
        return {"supervisor": run.supervisor, **run.children}

    def kill(self, *names: str) -> None:
        """Send SIGKILL to processes of the run, at the same time."""
        for process in [self.processes()[name] for name in names]:
            os.kill(process.pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """Send SIGKILL to every process of the run, also to the backends of Postgres, and wait for their end."""
        everything = family(self.processes()["supervisor"].pid)
        for process in everything.values():
            with contextlib.suppress(ProcessLookupError):  # it may have ended with its parent
                os.kill(process.pid, signal.SIGKILL)
        until(lambda: alive(everything) == [])

    def part(self, name: str) -> run_record.PartRecord:
        run = run_record.read(self.data)
        assert run is not None
        return run.parts[name]

    def wait_for_restart(self, name: str, earlier: processes.Process) -> run_record.PartRecord:
        """Return the record of a part when another process than `earlier` serves."""
        until(
            lambda: self.part(name).process != earlier and self.part(name).condition == "running",
            lambda: f"a restart of {name}: {self.part(name)}",
        )
        return self.part(name)

    def events(self) -> str:
        """Return the stack's own log."""
        return (self.data / "logs" / "stack.log").read_text()


def alive(candidates: dict[str, processes.Process]) -> list[str]:
    return [name for name, process in candidates.items() if process.alive]


def family(pid: int) -> dict[str, processes.Process]:
    """Return `pid` and all its descendants, which include the backends of Postgres."""
    return {str(member): processes.identify(member) for member in (pid, *process_table.children(pid))}


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}
