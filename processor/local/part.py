"""One part of a running stack, which is started again whenever it ends: at once the first time, then with back-off."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from processor.errors import UserError
from processor.local import ports, process_table

# Seconds before the first, the second, … restart in a row; the last one from then on.
PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
# A part that has run for so long has recovered: the next restart is a first one again.
STABLE_SECONDS = 60.0

Condition = Literal["running", "starting", "waiting"]


class Program(Protocol):
    """What a part runs: the server of PostgreSQL or a child process."""

    log: Path

    @property
    def name(self) -> str:
        """The part's name."""
        ...

    @property
    def port(self) -> int | None:
        """The port on which it listens, if it listens."""
        ...

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, running or ended."""
        ...

    def launch(self) -> None:
        """Start the process without waiting for it."""
        ...

    def is_ready(self) -> bool:
        """Return whether the process serves."""
        ...

    def stop(self) -> None:
        """Stop the process and wait for its end."""
        ...


@dataclass(slots=True)
class Part:
    """A program and what happened to it. `changed_at` and `due_at` are in seconds since 1970.

    A part is running, or starting (it runs but does not serve yet), or waiting until `due_at` for its next start.
    `failures` counts the ends in a row, `restarts` all starts but the first, and `reason` says why it ended last.
    """

    program: Program
    report: Callable[[str], None]
    _: KW_ONLY
    condition: Condition = "running"
    changed_at: float = field(default_factory=time.time)
    due_at: float = 0.0
    restarts: int = 0
    failures: int = 0
    reason: str = ""
    _changed: float = field(default_factory=time.monotonic)
    _due: float = 0.0

    def look(self) -> bool:
        """Take the next step, without waiting for anything; return whether the part's condition has changed."""
        if self.condition == "waiting":
            return time.monotonic() >= self._due and self._launch()
        if (status := self.program.process.poll()) is not None:
            return self._fail(end_of(status))
        return self.condition == "starting" and self.program.is_ready() and self._serve()

    def restart(self) -> None:
        """Stop the program because somebody asked for a restart; the next look starts it again."""
        self.report(f"{self.program.name} is restarted because it was asked for")
        self.program.stop()
        self.failures = 0
        self._become("waiting", "was asked to restart")

    def _fail(self, reason: str) -> bool:
        served = self.condition == "running" and time.monotonic() - self._changed >= STABLE_SECONDS
        self.failures = 1 if served else self.failures + 1
        seconds = pause(self.failures)
        self._become("waiting", reason, seconds)
        when = f"in {seconds:g} s" if seconds else "now"
        self.report(f"{self.program.name} {reason}; restarting it {when}; see {self.program.log}")
        return True

    def _launch(self) -> bool:
        if (port := self.program.port) and not ports.is_free(port):
            holder = process_table.listener(port) or "another program"
            return self._fail(f"cannot start because {holder} listens on its port {port}")
        try:
            self.program.launch()
        except (UserError, OSError) as error:
            return self._fail(f"cannot start: {error}")
        self.restarts += 1
        self._become("starting", self.reason)
        return True

    def _serve(self) -> bool:
        self.report(f"{self.program.name} is running again {time.monotonic() - self._changed:.1f} s after its restart")
        self._become("running", self.reason)
        return True

    def _become(self, condition: Condition, reason: str, seconds: float = 0.0) -> None:
        self.condition, self.reason = condition, reason
        self._changed, self.changed_at = time.monotonic(), time.time()
        self._due, self.due_at = self._changed + seconds, self.changed_at + seconds


def pause(failures: int) -> float:
    """Return the seconds before the next start of a part that has ended `failures` times in a row."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


def end_of(status: int) -> str:
    """Return in words how a process has ended, of the status that subprocess gives."""
    if status >= 0:
        return f"ended (exit status {status})"
    try:
        return f"was killed ({signal.Signals(-status).name})"
    except ValueError:
        return f"was killed (signal {-status})"
