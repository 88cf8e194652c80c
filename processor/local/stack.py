"""Starts the parts of a stack in order: Postgres, floor, pg_net, Storage, migrations, Data API, Auth, processor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from processor.database import configure, migrate, schema_version
from processor.errors import UserError
from processor.local import bucket, floor, postgres_installation, signing_key
from processor.local.api import NONE, Api
from processor.local.child_process import ChildProcess, answers
from processor.local.part import Program
from processor.local.postgres import SUPERUSER, PostgresServer
from processor.local.python_command import module_command
from processor.local.service import Service
from processor.local.state import State


@dataclass(slots=True, kw_only=True)
class Stack:
    """The processes of one data directory. Waiting for a part ends early when `stopping()` becomes true.

    `notes` has a sentence for each part that the stack goes without.
    """

    directory: Path
    state: State
    stopping: Callable[[], bool]
    api: Api = NONE
    server: PostgresServer = field(init=False)
    children: list[ChildProcess] = field(default_factory=list[ChildProcess])
    notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.server = PostgresServer(
            self.directory / "postgres",
            postgres_installation.find(self.state.major),
            self.state.postgres_port,
            self.state.passwords[SUPERUSER],
            log=self._log("postgres"),
        )
        self.notes += [self.api.missing] if self.api.missing else []

    def start(self, *, processor: bool) -> Iterator[None]:
        """Start the parts in order; yield after each step so that the caller can record which processes run."""
        self.server.create()
        self.server.start()
        yield
        # Neither needs the other, so both start at the same time.
        wait_for_pgnet = None if self._apply_floor() else self._start_pgnet()
        wait_for_storage = self._start_storage()
        yield
        if wait_for_pgnet:
            wait_for_pgnet()
        wait_for_storage()
        self._prepare_project()
        services = {service.name: self._start_service(service) for service in self.api.services(self.state)}
        wait_for_processor = self._start_processor() if processor else None
        yield
        for name, wait in services.items():
            self._wait_or_note(name, wait)
        if wait_for_processor:
            wait_for_processor()

    def stop(self) -> None:
        """Stop the parts in reverse order, so that each part can still use the parts it depends on."""
        for child in reversed(self.children):
            child.stop()
        self.server.stop()

    def programs(self) -> Iterator[Program]:
        """Yield the programs that were started, in the order of their start."""
        if self.server.started:
            yield self.server
        yield from self.children

    def _wait_or_note(self, name: str, wait: Callable[[], None]) -> None:
        """Wait for the Data API or Auth; without them the stack still imports, and its supervisor starts them again."""
        try:
            wait()
        except UserError as error:
            self.notes.append(f"{error}; see {self._log(name)}.")

    def _log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"

    def _apply_floor(self) -> bool:
        """Create the floor if it is missing; return whether the database has the extension pg_net."""
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            if floor.is_applied(conn):
                floor.upgrade(conn)
            else:
                floor.apply(conn, self.state.passwords)
            return floor.has_pg_net(conn)

    def _start_pgnet(self) -> Callable[[], None]:
        """Start the stand-in for pg_net and return a function that waits until it is ready."""
        env = {"PGNET_DATABASE_URL": self.server.url()}
        log = self._log("pgnet")
        child = ChildProcess(
            "pgnet",
            module_command("processor.local.pgnet"),
            env,
            log,
            ready=lambda child: child.has_logged("ready"),
        )
        self.children.append(child)
        return lambda: child.wait_until_ready(self.stopping)

    def _start_storage(self) -> Callable[[], None]:
        """Start the Storage API, which is also the gateway, and return a function that waits until it is ready."""
        root = self.directory / "storage"
        try:
            root.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot use {root}: {error.strerror}", "Choose another --data.") from None
        env = {
            "STORAGE_DATABASE_URL": self.state.database_url("supabase_storage_admin"),
            "STORAGE_ROOT": str(root),
            "STORAGE_HOST": "127.0.0.1",
            "STORAGE_PORT": str(self.state.storage_port),
            "STORAGE_FILE_SIZE_LIMIT": str(bucket.declared_limit() or ""),
            "SUPABASE_JWT_SECRET": self.state.jwt_secret,
            "SUPABASE_SECRET_KEY": self.state.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": self.state.publishable_key,
            "SUPABASE_JWKS": signing_key.jwks(self.state.signing_key),
            **self.api.gateway_variables(self.state),
        }
        return self._serve("storage", "processor.local.gateway", env=env, port=self.state.storage_port)

    def _prepare_project(self) -> None:
        """Apply the migrations, create the buckets, and store the processor's URL and token.

        The owner of a Supabase project does the same with `supabase db push` and two secrets.
        """
        try:
            migrate.apply(self.state.database_url())
            with psycopg.connect(self.state.database_url(), autocommit=True) as conn:
                schema_version.check(conn)  # a data directory may come from a later release
        except psycopg.Error as error:
            migration = ", ".join(getattr(error, "__notes__", []))
            raise UserError(f"a migration failed: {error.diag.message_primary or error}", migration) from error
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            floor.after_migrate(conn, self.state.passwords)
            if self.api.has_rest:
                floor.watch_schema(conn)
        bucket.ensure(self.state.supabase_url, self.state.secret_key, bucket.declared())
        configure.configure(self.state.database_url(), self.state.processor_url, self.state.wake_token)

    def _start_service(self, service: Service) -> Callable[[], None]:
        """Start an HTTP server and return a function that waits until it is ready."""
        child = ChildProcess(
            service.name,
            service.command,
            service.env,
            self._log(service.name),
            port=service.port,
            ready=lambda _: answers(service.probe),
        )
        self.children.append(child)
        return lambda: child.wait_until_ready(self.stopping)

    def _start_processor(self) -> Callable[[], None]:
        env = {
            "DATABASE_URL": self.state.database_url(floor.PROCESSOR),
            "IMPORT_JOBS_UPLOADER_DATABASE_URL": self.state.database_url(floor.UPLOADER),
            "SUPABASE_URL": self.state.supabase_url,
            "SUPABASE_SECRET_KEY": self.state.secret_key,
            "IMPORT_JOBS_WAKE_TOKEN": self.state.wake_token,
            "IMPORT_JOBS_HOST": "127.0.0.1",
            "IMPORT_JOBS_PORT": str(self.state.processor_port),
            **({"SUPABASE_PUBLISHABLE_KEY": self.state.publishable_key} if self.api.serves_page else {}),
        }
        return self._serve("processor", "processor.cli", "serve", env=env, port=self.state.processor_port)

    def _serve(self, name: str, *arguments: str, env: dict[str, str], port: int) -> Callable[[], None]:
        """Start an HTTP server in Python, which is ready when it says that it is healthy; return how to wait for it."""
        service = Service(name, module_command(*arguments), env, port, f"http://127.0.0.1:{port}/health")
        return self._start_service(service)
