"""The processors that a benchmark starts, and what /proc knows of running processes."""

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
class ProcessorProcess:
    """A running `import-jobs serve`."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def peak_kilobytes(self) -> int:
        """Return the peak resident memory (VmHWM) of the processor and of the processes that it started."""
        return sum(peak_kilobytes(pid) for pid in (self.pid, *descendants(self.pid)))

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL when the processor is still running after STOP_SECONDS."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_processor(env: Mapping[str, str], port: int, settings: Mapping[str, str] | None = None) -> ProcessorProcess:
    """Start a processor of the stack on a port; return it when it is ready.

    Raises: UserError.
    """
    processor_env = {
        **os.environ, **env, "DATABASE_URL": env["PROCESSOR_DATABASE_URL"], "IMPORT_JOBS_LOG_LEVEL": "WARNING",
        "IMPORT_JOBS_PORT": str(port), **(settings or {}),
    }  # fmt: skip
    started = ProcessorProcess(subprocess.Popen([sys.executable, "-m", "processor.cli", "serve"], env=processor_env))
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(f"http://127.0.0.1:{port}/ready"):
        if started.process.poll() is not None or time.monotonic() > deadline:
            started.stop()
            raise UserError("the processor did not start", "Read its messages above.")
        time.sleep(0.05)
    return started


def is_ready(url: str) -> bool:
    """Return whether the processor at a URL is ready."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def peak_kilobytes(pid: int) -> int:
    """Return the peak resident memory of a process, or 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the third on, or none when the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started, and of those that they have started."""
    children_of: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat_fields(int(entry.name))):
            children_of.setdefault(int(fields[1]), []).append(int(entry.name))
    result, unvisited = list[int](), [pid]
    while unvisited:
        children = children_of.get(unvisited.pop(), [])
        result += children
        unvisited += children
    return result
