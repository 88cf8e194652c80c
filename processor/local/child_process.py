"""A program of the stack as a child process, with its secrets in the environment and its output in a log."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from processor.errors import UserError
from processor.local import log_files
from processor.local.python_command import module_environment
from processor.local.server_account import signal_on_parent_death

_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0  # the processor finishes its current chunks
_POLL_SECONDS = 0.05
_LOG_LINES = 15
# For http:// on loopback. The default context loads the CA certificates, which takes 28 ms of CPU per request.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# Variables of the caller's shell that would connect the program to another database or project.
_DROPPED_PREFIXES = ("PG", "DATABASE_URL", "SUPABASE_")


class ChildProcess:
    """A process in a session of its own, with its output appended to a log file; a part of a stack.

    `port` is the one on which it listens, if it listens, and `ready` says whether it serves.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        env: Mapping[str, str],
        log: Path,
        *,
        port: int | None = None,
        ready: Callable[[ChildProcess], bool] = lambda child: True,
    ) -> None:
        self.name = name
        self.log = log
        self.port = port
        self._command = command
        self._env = _environment(env)
        self._ready = ready
        self.process = self._spawn()

    def launch(self) -> None:
        """Start the process again, without waiting for it."""
        self.process = self._spawn()

    def is_ready(self) -> bool:
        """Return whether the process serves."""
        return self._ready(self)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with log_files.opened(self.log) as output:
            self._log_start = output.tell()
            return subprocess.Popen(
                self._command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=signal_on_parent_death(signal.SIGTERM),
            )

    def wait_until_ready(self, stopping: Callable[[], bool]) -> None:
        """Wait until the process serves or `stopping()` is true.

        Raises: UserError with the last lines of the log when the process ends or does not become ready in time.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while not self.is_ready() and not stopping():
            status = self.process.poll()
            if status is not None:
                raise self._failure(f"ended while starting (exit status {status})")
            if time.monotonic() > deadline:
                raise self._failure(f"did not become ready within {_READY_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def has_logged(self, line: str) -> bool:
        """Return whether the process has written this line since it started."""
        return line in self._output().splitlines()

    def stop(self) -> None:
        """Terminate the process, kill it if it does not end in time, and kill everything it started."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its session is also its process group
        except (ProcessLookupError, PermissionError):
            return

    def _output(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _failure(self, event: str) -> UserError:
        return UserError(
            f"the stack's {self.name} {event}",
            f"See {self.log} for its output.",
            details="\n".join(self._output().splitlines()[-_LOG_LINES:]),
        )


def answers(url: str) -> bool:
    """Return whether a GET of an http:// URL succeeds. Proxies in the caller's environment are not used."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False, verify=_NO_CERTIFICATES).is_success
    except httpx.HTTPError:
        return False


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED_PREFIXES)}
    local = "127.0.0.1,localhost"
    outside = inherited.get("NO_PROXY") or inherited.get("no_proxy")
    no_proxy = f"{outside},{local}" if outside else local
    return {**inherited, "NO_PROXY": no_proxy, "no_proxy": no_proxy, **module_environment(), **own}
