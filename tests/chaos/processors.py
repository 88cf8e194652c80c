"""A processor of the run, with a TCP proxy to Postgres and one to Storage of its own."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from processor.local.child_process import ChildProcess
from processor.local.floor import PROCESSOR, UPLOADER
from processor.local.ports import free_port
from processor.local.python_command import module_command
from processor.local.state import State
from tests.faults.proxies.tcp_proxy import TcpProxy

# With short leases a minute contains many takeovers; chunks of 64 kB give a file of 200,000 rows about 250 of them.
SETTINGS = {
    "IMPORT_JOBS_LEASE_SECONDS": "5",
    "IMPORT_JOBS_HEARTBEAT_SECONDS": "1",
    "IMPORT_JOBS_SWEEP_SECONDS": "1",
    "IMPORT_JOBS_CHUNK_BYTES": "65536",
    "IMPORT_JOBS_MAX_JOBS": "2",
    "IMPORT_JOBS_HOST": "127.0.0.1",
}
# A processor that has ended is started again after this pause, as a service manager would do.
RESTART_PAUSE = 1.0


class ChaosProcessor:
    """A processor that can be killed, paused, cut off and started again, from the main thread only."""

    def __init__(self, number: int, state: State, storage_port: int, log: Path) -> None:
        self.name = f"processor {number}"
        self.database = TcpProxy(state.postgres_port)
        self.storage = TcpProxy(storage_port)
        self.port = free_port((state.postgres_port, state.storage_port, state.processor_port))
        self._state = state
        self._log = log
        self._child: ChildProcess | None = None
        self._not_before = 0.0
        self.paused = False
        self.starts = 0

    @property
    def url(self) -> str:
        """The URL of its doorbell."""
        return f"http://127.0.0.1:{self.port}"

    def start_proxies(self) -> None:
        """Start the proxies."""
        self.database.start()
        self.storage.start()

    def keep_running(self) -> None:
        """Start the processor if it is not running and its pause is over."""
        if self._child is not None and self._child.process.poll() is not None:
            self._child = None
            self._not_before = max(self._not_before, time.monotonic() + RESTART_PAUSE)
        if self._child is None and time.monotonic() >= self._not_before:
            self._start()

    def end(self, number: signal.Signals, seconds: float) -> None:
        """Send a signal that ends the processor; it is not started again for `seconds` after its end."""
        self._not_before = time.monotonic() + seconds
        self._send(signal.SIGCONT)
        self._send(number)

    def pause(self) -> None:
        """Suspend the processor with SIGSTOP."""
        self.paused = True
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the processor continue with SIGCONT."""
        self.paused = False
        self._send(signal.SIGCONT)

    def end_faults(self) -> None:
        """End all faults of the processor; a slow download is cut off, so that the processor requests it again."""
        self.resume()
        self.database.resume()
        self.storage.resume()
        self.storage.reset()
        self._not_before = 0.0

    def close(self) -> None:
        """Stop the processor, which may finish its chunk, and the proxies."""
        self.stop()
        self.database.stop()
        self.storage.stop()

    def stop(self) -> None:
        """Stop the processor for good, as a service manager would do."""
        if self._child is not None:
            self.resume()
            self._child.stop()

    def kill(self) -> None:
        """Kill the processor."""
        self._send(signal.SIGKILL)

    def _start(self) -> None:
        env = {
            **SETTINGS,
            "DATABASE_URL": self._database_url(PROCESSOR),
            "IMPORT_JOBS_UPLOADER_DATABASE_URL": self._database_url(UPLOADER),
            "SUPABASE_URL": f"http://127.0.0.1:{self.storage.port}",
            "SUPABASE_SECRET_KEY": self._state.secret_key,
            "IMPORT_JOBS_WAKE_TOKEN": self._state.wake_token,
            "IMPORT_JOBS_PORT": str(self.port),
        }
        self._child = ChildProcess(self.name, module_command("processor.cli", "serve"), env, self._log)
        self.paused = False
        self.starts += 1

    def _database_url(self, role: str) -> str:
        password = self._state.passwords[role]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.database.port}/postgres"

    def _send(self, number: signal.Signals) -> None:
        if self._child is not None and self._child.process.poll() is None:
            self._child.process.send_signal(number)
