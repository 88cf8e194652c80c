"""Processors as real processes, with short leases, that tests kill, pause and stop."""

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
    """Tell whether something accepts connections; uvicorn does once the application is up."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Nursery:
    """The forking parent of all processors of a test session."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.nursery"],
            env={**os.environ, **module_environment(), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: Mapping[str, object]) -> int:
        """Send a command and return the number that answers it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it; a processor that is left ends with it."""
        self._process.communicate(timeout=DEADLINE)


@dataclass(slots=True)
class Processor:
    """One `import-jobs serve`."""

    nursery: Nursery
    log: Path
    port: int
    env: Mapping[str, str]
    process: Process = field(init=False)
    ended: bool = False

    def __post_init__(self) -> None:
        self.process = identify(self.nursery.ask({"log": str(self.log), "env": dict(self.env)}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self) -> Processor:
        """Return when it answers."""
        until(lambda: listens(self.port), self.said)
        return self

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def logged(self, action: str) -> list[dict[str, Any]]:
        """Return the log's records of one action."""
        records = [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]
        return [record for record in records if record["action"] == action]

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def pause(self) -> None:
        self.send(signal.SIGSTOP)
        state = Path(f"/proc/{self.process.pid}/stat")
        until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", "a stopped process")

    def resume(self) -> None:
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL; return when it is gone."""
        if not self.ended:
            self.send(signal.SIGKILL)
            assert self.wait() == -signal.SIGKILL

    def wait(self) -> int:
        """Return the exit status, once it has ended by itself."""
        until(lambda: not self.process.alive, lambda: f"an end of the processor: {self.said()}")
        self.ended = True
        return self.nursery.ask({"wait": self.process.pid})
