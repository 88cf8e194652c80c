"""The stack of a run: the embedded one without its processor, proxies in front of it, and several processors."""

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
from tests.chaos.member import Member
from tests.faults.proxies.storage_proxy import StorageProxy

# No part of the run itself may wait for ever for what a frozen transaction holds.
PATIENCE = "-c lock_timeout=15s"


class Site:
    """Everything that runs, started and stopped from the main thread (children end when that thread does)."""

    def __init__(self, folder: Path, processors: int, major: int | None) -> None:
        state.prepare(folder)
        self.folder = folder
        self._open = False
        self.state = state.load_or_create(folder, major or postgres_installation.DEFAULT_MAJOR)
        self.stack = Stack(directory=folder, state=self.state, stopping=lambda: False)
        self.storage = StorageProxy(self.state.supabase_url)
        self.members = [
            Member(number, self.state, self.storage.port, folder / "logs" / f"processor-{number}.log")
            for number in range(1, processors + 1)
        ]

    @property
    def logs(self) -> list[Path]:
        """The logs of all processes."""
        return sorted((self.folder / "logs").glob("*.log"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may hold."""
        kept = self.state
        return (*kept.passwords.values(), kept.jwt_secret, kept.secret_key, kept.wake_token)

    def start(self) -> None:
        """Start all of it, with the tables of the run; raises UserError."""
        self.storage.start()
        for member in self.members:
            member.open()
        self._open = True
        for _ in self.stack.start(processor=False):
            pass
        with self.administrator() as conn:
            tables.create(conn)
        self.ring_at(self.members[0])
        for member in self.members:
            member.keep()

    def administrator(self) -> psycopg.Connection:
        """Connect to Postgres itself, past the proxies, as its administrator; raises psycopg.OperationalError."""
        return psycopg.connect(self.state.database_url(), autocommit=True, connect_timeout=5, options=PATIENCE)

    def client(self) -> psycopg.Connection:
        """Connect as a service that inserts jobs; raises psycopg.OperationalError."""
        conn = psycopg.connect(self.state.database_url("authenticator"), autocommit=True, connect_timeout=5)
        conn.execute("set role service_role")
        return conn

    def ring_at(self, member: Member) -> None:
        """Have the doorbell ring at this processor."""
        configure.configure(self.state.database_url(), member.url, self.state.wake_token)

    def break_doorbell(self, kind: str, amount: float, times: int) -> None:
        """Lose, delay or repeat the next rings."""
        with self._superuser() as conn:
            conn.execute(
                "insert into net.stand_in_faults (kind, amount, remaining) values (%s, %s, %s)", (kind, amount, times)
            )

    def heal(self) -> None:
        """Take back every fault and have all processes run."""
        if self.stack.server.pid is None:
            self.stack.server.start()
        self.storage.clear()
        # First: a batch of pg_net waits for a paused processor's answer, with its locks.
        for member in self.members:
            member.heal()
            member.keep()
        with self._superuser() as conn:
            conn.execute("delete from net.stand_in_faults")

    def stop(self) -> None:
        """End everything, in the order in which it can end in peace."""
        if self._open:
            for member in self.members:
                member.close()
            self.storage.stop()
        self.stack.stop()

    def kill(self) -> None:
        """End everything at once: for a run that hangs."""
        for member in self.members:
            member.kill()
        for pid in self._pids():
            os.kill(pid, signal.SIGKILL)
        self.stack.server.stop("immediate")

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.stack.server.url(), autocommit=True, connect_timeout=5, options=PATIENCE)

    def _pids(self) -> Iterator[int]:
        return (child.process.pid for child in self.stack.children if child.process.poll() is None)
