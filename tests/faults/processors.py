"""Processors as real processes that tests kill, pause and stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processor.local.processes import Process, identify
from processor.local.python_command import module_environment
from tests.waiting import DEADLINE, until


def listens(port: int) -> bool:
    """Return whether something accepts connections on a port; uvicorn does once the application has started."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ForkServer:
    """The process that starts all processors of a test session; see fork_server.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.fork_server"],
            env={**os.environ, **module_environment(), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: Mapping[str, object]) -> int:
        """Send a command; return the number that is its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process and all processors that still run."""
        self._process.communicate(timeout=DEADLINE)


@dataclass(slots=True, kw_only=True)
class Processor:
    """A process `import-jobs serve`.

    Its leases may be ended early once it is killed; a test that pauses it can set `is_lost` for the same.
    """

    fork_server: ForkServer
    log: Path
    port: int
    env: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    process: Process = field(init=False)
    ended: bool = False
    is_lost: bool = False

    def __post_init__(self) -> None:
        self.process = identify(
            self.fork_server.ask({"log": str(self.log), "env": dict(self.env), "arguments": self.arguments})
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker(self) -> str:
        """The name of the processor in its leases."""
        return f"{socket.gethostname()}:{self.process.pid}"

    def wait_ready(self) -> Processor:
        """Return when it accepts requests."""

        def is_ready() -> bool:
            assert self.process.alive, f"the processor ended while starting: {self.log_text()}"
            return listens(self.port)

        until(is_ready, self.log_text)
        return self

    def log_text(self) -> str:
        """Return its log so far."""
        return self.log.read_text(errors="replace")

    def logged(self, action: str) -> list[dict[str, Any]]:
        """Return the records of its log that have this action."""
        records = [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]
        return [record for record in records if record["action"] == action]

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.process.pid, number)

    def pause(self) -> None:
        """Send SIGSTOP; return when the process is stopped."""
        self.send(signal.SIGSTOP)
        state = Path(f"/proc/{self.process.pid}/stat")
        until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", "a stopped process")

    def resume(self) -> None:
        """Send SIGCONT."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """Send SIGKILL; return when the process has ended."""
        if not self.ended:
            self.send(signal.SIGKILL)
            assert self.wait() == -signal.SIGKILL
            self.is_lost = True

    def stop(self) -> None:
        """Send SIGTERM; return when it has begun to stop."""
        self.send(signal.SIGTERM)
        until(lambda: self.logged("worker_stopping"), self.log_text)

    def check_stopped(self) -> None:
        """Return when it has ended after SIGTERM, in order: uvicorn then ends the process by the signal itself."""
        assert self.wait() == -signal.SIGTERM
        assert len(self.logged("worker_stopped")) == 1

    def wait(self) -> int:
        """Wait until it has ended by itself; return its exit status."""
        until(lambda: not self.process.alive, lambda: f"the end of the processor: {self.log_text()}")
        self.ended = True
        return self.fork_server.ask({"wait": self.process.pid})
