"""A stack of the benchmark's own: its database, its Storage, a processor, and psql."""

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

from benchmarks import processors
from benchmarks.processors import Processor
from examples.demo import environment, stack
from processor.errors import UserError
from processor.local import postgres_installation, run_record, state
from processor.local.ports import free_port
from processor.local.postgres import SUPERUSER


@dataclass(slots=True)
class Rig:
    """A running stack. `conn` is an administrator's connection, `root` a superuser's (CHECKPOINT, seeing all)."""

    env: dict[str, str]
    conn: psycopg.Connection
    root: psycopg.Connection
    folder: Path
    data: Path
    psql: Path
    running: list[Processor] = field(default_factory=list[Processor])

    @property
    def processor(self) -> Processor:
        """The processor that the doorbell rings."""
        return self.running[0]

    def sql(self, statement: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator."""
        cursor = self.conn.execute(cast(LiteralString, statement), parameters)
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, parameters: Sequence[Any] | None = None) -> Any:
        """Return the first value of a query of the superuser's, who sees everything."""
        row = self.root.execute(cast(LiteralString, statement), parameters).fetchone()
        return row[0] if row else None

    def fresh(self, setup: str) -> None:
        """Make what a run needs anew, then put what is dirty to disk, so that no side pays for the one before."""
        self.sql(setup)
        self.root.execute("checkpoint")

    def restart(self, settings: Mapping[str, str] | None = None, count: int = 1) -> None:
        """Start processors anew, the first where the doorbell rings; none with `count` 0."""
        self.stop()
        ports = [urlsplit(self.env["PROCESSOR_URL"]).port or 0]
        ports += [free_port(ports) for _ in range(count - 1)]
        for port in ports[:count]:
            self.running.append(processors.start(self.env, port, settings))

    def stop(self) -> None:
        """End all processors."""
        while self.running:
            self.running.pop().stop()

    def pid(self, part: str) -> int:
        """Return the process id of a part of the stack: postgres, storage, pgnet."""
        run = run_record.read(self.data)
        if run is None or part not in run.children:
            raise UserError(f"the stack has no {part}")
        return run.children[part].pid

    def need(self, disk_bytes: int) -> None:
        """Raise UserError when the disk has not so much room."""
        free = shutil.disk_usage(self.folder).free
        if free < disk_bytes:
            raise UserError(f"needs {disk_bytes / 1e9:.0f} GB of disk, {free / 1e9:.0f} GB are free", "set TMPDIR")

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """Yield a folder for files, gone at the end."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            yield Path(name)


@contextmanager
def rig() -> Generator[Rig]:
    """Start a stack and a processor of its own; end both and delete everything."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # lets the database's account through when root runs it
        data = folder / "stack"
        stack("up", "--detach", "--no-processor", "--data", str(data))
        try:
            kept = state.load(data)
            if kept is None:
                raise UserError("the stack has no state")
            with (
                psycopg.connect(kept.database_url(), autocommit=True, options="-c statement_timeout=0") as conn,
                psycopg.connect(kept.database_url(SUPERUSER), autocommit=True) as root,
            ):
                bench = Rig(
                    environment(data), conn, root, folder, data, postgres_installation.find(kept.major).bin / "psql"
                )
                try:
                    bench.restart()
                    yield bench
                finally:
                    bench.stop()
        finally:
            stack("down", "--data", str(data))


def quiet_environment() -> dict[str, str]:
    """Return the caller's environment without settings of psql or libpq."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PSQL"))}
