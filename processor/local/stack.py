"""The parts of a stack in the order they start: Postgres, floor, pg_net's stand-in, Storage, migrations, processor."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from processor.database import configure, migrate
from processor.errors import UserError
from processor.local import bucket, floor, postgres_installation
from processor.local.child_process import ChildProcess, answers
from processor.local.postgres import SUPERUSER, PostgresServer
from processor.local.state import State


@dataclass(slots=True)
class Stack:
    """What runs in one data directory. `stopping` is asked while something is waited for."""

    directory: Path
    state: State
    stopping: Callable[[], bool]
    server: PostgresServer = field(init=False)
    children: list[ChildProcess] = field(default_factory=list[ChildProcess])

    def __post_init__(self) -> None:
        self.server = PostgresServer(
            self.directory / "postgres",
            postgres_installation.find(self.state.major),
            self.state.postgres_port,
            self.state.passwords[SUPERUSER],
            log=self._log("postgres"),
        )

    def start(self, *, processor: bool) -> Iterator[None]:
        """Start one part after the other, yielding after each so that the caller can note what runs."""
        self.server.create()
        self.server.start()
        yield
        if not self._lay_floor():
            self._start_net()
            yield
        self._start_storage()
        yield
        self._prepare_project()
        if processor:
            self._start_processor()
            yield

    def stop(self) -> None:
        """Stop everything, the last one first; each part can still use those it was started after."""
        for child in reversed(self.children):
            child.stop()
        self.server.stop()

    def processes(self) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
        """Name everything that was started, with its log."""
        if self.server.started:
            yield "postgres", self.server.process, self._log("postgres")
        for child in self.children:
            yield child.name, child.process, child.log

    def _log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"

    def _lay_floor(self) -> bool:
        """Lay the floor where it is missing, and tell whether it has pg_net itself."""
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            if not floor.is_laid(conn):
                floor.apply(conn, self.state.passwords)
            return floor.has_real_net(conn)

    def _start_net(self) -> None:
        child = self._spawn("pgnet", ["processor.local.pgnet"], {"PGNET_DATABASE_URL": self.server.url()})
        child.wait_until(lambda: child.has_said("ready"), self.stopping)

    def _start_storage(self) -> None:
        root = self.directory / "storage"
        try:
            root.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot use {root}: {error.strerror}", "choose another --data") from None
        env = {
            "STORAGE_DATABASE_URL": self.state.database_url("supabase_storage_admin"),
            "STORAGE_ROOT": str(root),
            "STORAGE_HOST": "127.0.0.1",
            "STORAGE_PORT": str(self.state.storage_port),
            "SUPABASE_JWT_SECRET": self.state.jwt_secret,
            "SUPABASE_SECRET_KEY": self.state.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": self.state.publishable_key,
        }
        child = self._spawn("storage", ["processor.local.storage_api"], env)
        child.wait_until(lambda: answers(f"{self.state.supabase_url}/health"), self.stopping)

    def _prepare_project(self) -> None:
        """Do what the owner of a project does with `supabase db push` and two secrets."""
        try:
            migrate.apply(self.state.database_url())
        except psycopg.Error as error:
            where = ", ".join(getattr(error, "__notes__", []))
            raise UserError(f"a migration failed: {error.diag.message_primary or error}", where) from error
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            floor.after_migrate(conn, self.state.passwords[floor.PROCESSOR])
        bucket.ensure(self.state.supabase_url, self.state.secret_key, bucket.declared())
        configure.configure(self.state.database_url(), self.state.processor_url, self.state.wake_token)

    def _start_processor(self) -> None:
        env = {
            "DATABASE_URL": self.state.database_url(floor.PROCESSOR),
            "SUPABASE_URL": self.state.supabase_url,
            "SUPABASE_SECRET_KEY": self.state.secret_key,
            "IMPORT_JOBS_WAKE_TOKEN": self.state.wake_token,
            "IMPORT_JOBS_HOST": "127.0.0.1",
            "IMPORT_JOBS_PORT": str(self.state.processor_port),
        }
        child = self._spawn("processor", ["processor.cli", "serve"], env)
        child.wait_until(lambda: answers(f"{self.state.processor_url}/health"), self.stopping)

    def _spawn(self, name: str, arguments: list[str], env: dict[str, str]) -> ChildProcess:
        child = ChildProcess(name, arguments, env, self._log(name))
        self.children.append(child)
        return child
