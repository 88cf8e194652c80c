"""The stack of a run: the embedded stack without its processor, proxies in front of it, and several processors."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg

from processor.database import configure
from processor.local import postgres_installation, state
from processor.local.stack import Stack
from tests.chaos import tables
from tests.chaos.processors import ChaosProcessor
from tests.faults.proxies.storage_proxy import StorageProxy

# The run itself must not wait for ever for a lock that a frozen transaction holds.
LOCK_TIMEOUT = "-c lock_timeout=15s"
END_SESSIONS = """
select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1229606722
"""
SILENCE = """
select setval('importer.last_notification', (extract(epoch from clock_timestamp()) * 1000)::bigint)
"""


class ChaosStack:
    """All processes of a run; the main thread starts and stops them, because children end with their thread."""

    def __init__(self, folder: Path, processors: int, major: int | None) -> None:
        state.prepare(folder)
        self.folder = folder
        self._open = False
        self.state = state.load_or_create(folder, major or postgres_installation.DEFAULT_MAJOR)
        self.local_stack = Stack(directory=folder, state=self.state, stopping=lambda: False)
        self.storage = StorageProxy(self.state.supabase_url)
        self.processors = [
            ChaosProcessor(number, self.state, self.storage.port, folder / "logs" / f"processor-{number}.log")
            for number in range(1, processors + 1)
        ]

    @property
    def logs(self) -> list[Path]:
        """The logs of all processes."""
        return sorted((self.folder / "logs").glob("*.log"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that no log may contain."""
        state = self.state
        return (*state.passwords.values(), state.jwt_secret, state.secret_key, state.wake_token)

    def start(self) -> None:
        """Start all processes, and create the tables of the run.

        Raises: UserError.
        """
        self.storage.start()
        for processor in self.processors:
            processor.start_proxies()
        self._open = True
        for _ in self.local_stack.start(processor=False):
            pass
        with self.administrator() as conn:
            tables.create(conn)
        self.ring_at(self.processors[0])
        for processor in self.processors:
            processor.keep_running()

    def administrator(self) -> psycopg.Connection:
        """Connect to Postgres as its administrator, without a proxy.

        Raises: psycopg.OperationalError.
        """
        return psycopg.connect(self.state.database_url(), autocommit=True, connect_timeout=5, options=LOCK_TIMEOUT)

    def client(self) -> psycopg.Connection:
        """Connect to Postgres as a service that inserts jobs.

        Raises: psycopg.OperationalError.
        """
        conn = psycopg.connect(self.state.database_url("authenticator"), autocommit=True, connect_timeout=5)
        conn.execute("set role service_role")
        return conn

    def ring_at(self, processor: ChaosProcessor) -> None:
        """Let the doorbell ring at a processor."""
        configure.configure(self.state.database_url(), processor.url, self.state.wake_token)

    def break_doorbell(self, kind: str, amount: float, times: int) -> None:
        """Lose, delay or repeat the next rings."""
        with self._superuser() as conn:
            conn.execute(
                "insert into net.stand_in_faults (kind, amount, remaining) values (%s, %s, %s)", (kind, amount, times)
            )

    def end_sessions(self) -> None:
        """End the connections on which processors hold their locks and listen."""
        with self._superuser() as conn:
            conn.execute(END_SESSIONS)

    def notify(self, times: int) -> None:
        """Ring the second bell for nothing."""
        with self._superuser() as conn:
            for _ in range(times):
                conn.execute("notify import_jobs")

    def silence_notifications(self) -> None:
        """Let inserts within the next 20 ms notify nobody, as after an insert that is rolled back."""
        with self._superuser() as conn:
            conn.execute(SILENCE)

    def start_postgres(self) -> None:
        """Start Postgres if it is not running."""
        if self.local_stack.server.pid is None:
            self.local_stack.server.start()

    def end_faults(self) -> None:
        """End every fault, and start all processes that are not running."""
        self.start_postgres()
        self.storage.clear()
        # Before the doorbell: pg_net holds locks while a batch waits for the answer of a paused processor.
        for processor in self.processors:
            processor.end_faults()
            processor.keep_running()
        with self._superuser() as conn:
            conn.execute("delete from net.stand_in_faults")

    def stop(self) -> None:
        """Stop all processes, in an order that lets each of them finish."""
        if self._open:
            for processor in self.processors:
                processor.close()
            self.storage.stop()
        self.local_stack.stop()

    def kill(self) -> None:
        """Kill all processes of a run that hangs."""
        for processor in self.processors:
            processor.kill()
        for pid in self._pids():
            os.kill(pid, signal.SIGKILL)
        self.local_stack.server.stop("immediate")

    def _superuser(self) -> psycopg.Connection:
        url = self.local_stack.server.url()
        return psycopg.connect(url, autocommit=True, connect_timeout=5, options=LOCK_TIMEOUT)

    def _pids(self) -> Iterator[int]:
        return (child.process.pid for child in self.local_stack.children if child.process.poll() is None)
