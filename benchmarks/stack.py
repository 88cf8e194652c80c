"""The temporary stack of a benchmark run: its database, its Storage, its processors, and psql."""

import os
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString, cast
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks import processes
from benchmarks.processes import ProcessorProcess
from examples.demo import stack_command, stack_environment
from processor.errors import UserError
from processor.local import postgres_installation, run_record, state
from processor.local.ports import free_port
from processor.local.postgres import SUPERUSER
from processor.local.state import State


@dataclass(slots=True, kw_only=True)
class BenchmarkStack:
    """A running stack.

    `conn` is a connection of the administrator. `superuser_conn` is one of a superuser, who may run CHECKPOINT and
    read every catalog.
    """

    env: dict[str, str]
    conn: psycopg.Connection
    superuser_conn: psycopg.Connection
    folder: Path
    data: Path
    psql: Path
    processors: list[ProcessorProcess] = field(default_factory=list[ProcessorProcess])

    @property
    def processor(self) -> ProcessorProcess:
        """The processor that the doorbell rings."""
        return self.processors[0]

    def sql(self, statement: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator; return its rows."""
        cursor = self.conn.execute(cast(LiteralString, statement), parameters)
        return cursor.fetchall() if cursor.description else []

    def scalar(self, statement: str, parameters: Sequence[Any] | None = None) -> Any:
        """Run a query as the superuser; return the first value, or None without a row."""
        row = self.superuser_conn.execute(cast(LiteralString, statement), parameters).fetchone()
        return row[0] if row else None

    def prepare(self, setup: str) -> None:
        """Run the statements that a run needs, then a CHECKPOINT, so that no side pays for the writes before it."""
        self.sql(setup)
        self.superuser_conn.execute("checkpoint")

    def restart(self, settings: Mapping[str, str] | None = None, count: int = 1) -> None:
        """Replace the processors by `count` new ones; the doorbell rings the first. With `count` 0 none runs."""
        self.stop()
        ports = [urlsplit(self.env["PROCESSOR_URL"]).port or 0]
        ports += [free_port(ports) for _ in range(count - 1)]
        for port in ports[:count]:
            self.processors.append(processes.start_processor(self.env, port, settings))

    def stop(self) -> None:
        """Stop all processors."""
        while self.processors:
            self.processors.pop().stop()

    def restart_postgres(self, settings: Mapping[str, str]) -> None:
        """Restart Postgres with these settings beside the stack's own, and connect again."""
        self.superuser_conn.execute("alter system reset all")
        for name, value in settings.items():
            self.superuser_conn.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), value))
        stack_command("restart", "postgres", "--data", str(self.data))
        self.conn.close()
        self.superuser_conn.close()
        self.conn, self.superuser_conn = connect(stack_state(self.data))

    def pid(self, part: str) -> int:
        """Return the process id of a part of the stack: postgres, storage or pgnet.

        Raises: UserError when the stack has no such part.
        """
        run = run_record.read(self.data)
        if run is None or part not in run.children:
            raise UserError(f"the stack has no part {part!r}")
        return run.children[part].pid

    def require_disk_space(self, disk_bytes: int) -> None:
        """Check that the disk has room for a number of bytes.

        Raises: UserError.
        """
        free = shutil.disk_usage(self.folder).free
        if free < disk_bytes:
            message = f"needs {disk_bytes / 1e9:.0f} GB of disk, {free / 1e9:.0f} GB are free"
            raise UserError(message, "Set TMPDIR to a folder on a larger disk.")

    @contextmanager
    def scratch_folder(self) -> Generator[Path]:
        """Yield a folder for files that is deleted at the end."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            yield Path(name)


@contextmanager
def benchmark_stack() -> Generator[BenchmarkStack]:
    """Start a temporary stack and a processor; stop both and delete their files at the end."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's account must be able to enter it when root runs the benchmark
        data = folder / "stack"
        stack_command("up", "--detach", "--no-processor", "--no-api", "--data", str(data))
        try:
            with connected(folder, data) as stack:
                try:
                    stack.restart()
                    yield stack
                finally:
                    stack.stop()
        finally:
            stack_command("down", "--data", str(data))


@contextmanager
def connected(folder: Path, data: Path) -> Generator[BenchmarkStack]:
    """Connect to a running stack as administrator and as superuser.

    Raises: UserError when the folder has no stack; psycopg.Error.
    """
    found = stack_state(data)
    conn, superuser_conn = connect(found)
    stack = BenchmarkStack(
        env=stack_environment(data),
        conn=conn,
        superuser_conn=superuser_conn,
        folder=folder,
        data=data,
        psql=postgres_installation.find(found.major).bin / "psql",
    )
    try:
        yield stack
    finally:
        stack.conn.close()
        stack.superuser_conn.close()


def stack_state(data: Path) -> State:
    """Return the state of the stack in a folder.

    Raises: UserError when the folder has no stack.
    """
    found = state.load(data)
    if found is None:
        raise UserError(f"no stack found in {data}")
    return found


def connect(found: State) -> tuple[psycopg.Connection, psycopg.Connection]:
    """Return connections of the administrator and of a superuser.

    Raises: psycopg.Error.
    """
    url = found.database_url()
    conn = psycopg.connect(url, autocommit=True, options="-c statement_timeout=0")
    return conn, psycopg.connect(found.database_url(SUPERUSER), autocommit=True)


def environment_without_libpq() -> dict[str, str]:
    """Return the caller's environment without the settings of psql and libpq."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PSQL"))}
