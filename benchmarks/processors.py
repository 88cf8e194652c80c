"""Processors of the benchmark's own: started, looked at, ended."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from processor.errors import UserError

READY_SECONDS = 30
STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Processor:
    """A running `import-jobs serve`."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def peak_kilobytes(self) -> int:
        """Return the peak resident memory since its start (VmHWM), of its own and of the processes it started."""
        return sum(peak_kilobytes(pid) for pid in (self.pid, *children(self.pid)))

    def stop(self) -> None:
        """Ask it to end, then make it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(env: Mapping[str, str], port: int, settings: Mapping[str, str] | None = None) -> Processor:
    """Run a processor against the stack on a port; return it when it is ready.

    Raises: UserError.
    """
    own = {
        **os.environ, **env, "DATABASE_URL": env["PROCESSOR_DATABASE_URL"], "IMPORT_JOBS_LOG_LEVEL": "WARNING",
        "IMPORT_JOBS_PORT": str(port), **(settings or {}),
    }  # fmt: skip
    started = Processor(subprocess.Popen([sys.executable, "-m", "processor.cli", "serve"], env=own))
    deadline = time.monotonic() + READY_SECONDS
    while not answers(f"http://127.0.0.1:{port}/ready"):
        if started.process.poll() is not None or time.monotonic() > deadline:
            started.stop()
            raise UserError("the processor did not start", "its last words are above")
        time.sleep(0.05)
    return started


def answers(url: str) -> bool:
    """Tell whether the processor is ready."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def peak_kilobytes(pid: int) -> int:
    """Return a process's peak resident memory, 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the third on, none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    found: dict[int, list[int]] = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit() and (fields := stat(int(each.name))):
            found.setdefault(int(fields[1]), []).append(int(each.name))
    every, todo = list[int](), [pid]
    while todo:
        direct = found.get(todo.pop(), [])
        every += direct
        todo += direct
    return every
