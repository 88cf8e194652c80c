"""One Python program of the stack: started with its secrets in the environment, watched until it answers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from processor.errors import UserError
from processor.local.python_command import module_command, module_environment
from processor.local.server_account import signal_on_parent_death

_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0  # the processor finishes the chunk in hand
_POLL_SECONDS = 0.05
_LOG_LINES = 15
# Settings of the caller's shell that would send a program of this stack to another database or project.
_FOREIGN = ("PG", "DATABASE_URL", "SUPABASE_")


class ChildProcess:
    """A program run as `python -m module`, in a session of its own, with its output in DIR/logs/NAME.log."""

    def __init__(self, name: str, arguments: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._log_start = output.tell()
            self.process = subprocess.Popen(
                module_command(*arguments),
                env=_environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=signal_on_parent_death(signal.SIGTERM),
            )

    def wait_until(self, ready: Callable[[], bool], stopping: Callable[[], bool]) -> None:
        """Wait until `ready()` or `stopping()`; raise UserError with the log's end when neither comes."""
        deadline = time.monotonic() + _READY_SECONDS
        while not ready() and not stopping():
            status = self.process.poll()
            if status is not None:
                raise self._failure(f"ended while starting (exit status {status})")
            if time.monotonic() > deadline:
                raise self._failure(f"did not answer within {_READY_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def has_said(self, word: str) -> bool:
        """Tell whether the log has the line `word` since this start."""
        return word in self._said().splitlines()

    def stop(self) -> None:
        """Ask the program to end, then make it, with everything it started."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session, hence its own group
        except (ProcessLookupError, PermissionError):
            return

    def _said(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _failure(self, what: str) -> UserError:
        return UserError(
            f"the stack's {self.name} {what}",
            f"see {self.log}",
            details="\n".join(self._said().splitlines()[-_LOG_LINES:]),
        )


def answers(url: str) -> bool:
    """Tell whether a GET of `url` succeeds, without any proxy of the caller's."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    local = "127.0.0.1,localhost"
    outside = kept.get("NO_PROXY") or kept.get("no_proxy")
    no_proxy = f"{outside},{local}" if outside else local
    return {**kept, "NO_PROXY": no_proxy, "no_proxy": no_proxy, **module_environment(), **own}
