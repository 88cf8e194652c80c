"""`import-jobs stack` as a person runs it: another process, its output and the processes it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processor.local import processes, run_record

SECONDS = 120.0
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = [sys.executable, "-m", "processor.cli", "stack"]


@dataclass(frozen=True, slots=True)
class StackCommand:
    """The command with one data directory."""

    data: Path

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_COMMAND, *arguments, "--data", str(self.data)],
            env=_env() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @contextmanager
    def foreground(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`stack up` as in a terminal, ready; whatever the test does, nothing is left behind."""
        process = subprocess.Popen(
            [*_COMMAND, "up", *arguments, "--data", str(self.data)],
            env=_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            eventually(lambda: self.ready or process.poll() is not None)
            if process.poll() is not None:
                raise AssertionError(process.communicate())
            yield process
        finally:
            self.run("down")
            process.kill()
            process.communicate()

    @contextmanager
    def detached(self, *arguments: str) -> Iterator[dict[str, str]]:
        """`stack up --detach` and the variables of `stack env`."""
        try:
            up = self.run("up", "--detach", *arguments)
            assert up.returncode == 0, up.stderr
            yield self.env()
        finally:
            self.run("down")

    def env(self) -> dict[str, str]:
        """What a shell would have after eval "$(import-jobs stack env)"."""
        said = self.run("env")
        assert said.returncode == 0, said.stderr
        shell = subprocess.run(
            ["/bin/sh", "-c", 'eval "$0"; env', said.stdout],
            env={},
            capture_output=True,
            text=True,
            check=True,
        )
        names = [line.removeprefix("export ").partition("=")[0] for line in said.stdout.splitlines()]
        seen = dict(line.split("=", 1) for line in shell.stdout.splitlines())
        return {name: seen[name] for name in names}

    @property
    def ready(self) -> bool:
        run = run_record.read(self.data)
        return run is not None and run.ready and run.supervisor.alive

    def processes(self) -> dict[str, processes.Process]:
        """Everything that belongs to the run, the supervisor too."""
        run = run_record.read(self.data)
        assert run is not None
        return {"supervisor": run.supervisor, **run.children}


def alive(those: dict[str, processes.Process]) -> list[str]:
    return [name for name, process in those.items() if process.alive]


def family(pid: int) -> dict[str, processes.Process]:
    """`pid` and all its descendants now, so that backends of Postgres count as well."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # ended since it was listed
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = {}, [pid]
    while waiting:
        one = waiting.pop()
        found[str(one)] = processes.identify(one)
        waiting += parents.get(one, [])
    return found


def eventually(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}
