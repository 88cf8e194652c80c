"""A stack of the benchmark's own, with a processor whose process it can look at."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import dict_row

from processor.cli.upload import BUCKET, object_path, upload
from processor.demo import environment, stack
from processor.problem import Problem

READY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Rig:
    """A running stack: `conn` is an administrator's, `processor` the process that imports."""

    env: dict[str, str]
    conn: psycopg.Connection
    processor: subprocess.Popen[bytes]
    folder: Path

    def sql(self, statement: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement."""
        cursor = self.conn.execute(cast(LiteralString, statement), parameters)
        return cursor.fetchall() if cursor.description else []

    def target(self, name: str, columns: str) -> None:
        """Make an empty table, and a target of it."""
        self.sql(f"drop table if exists public.{name}")
        self.sql(f"create table public.{name} ({columns})")
        self.sql(f"select importer.register_target('public.{name}')")

    def upload(self, file: Path) -> str:
        """Put a file into Storage; return its path."""
        path = object_path(file.name)
        upload(self.env["SUPABASE_URL"], self.env["SUPABASE_SECRET_KEY"], file, path)
        return path

    def run(self, path: str, target: str, poll_seconds: float = 0.005) -> dict[str, Any]:
        """Insert a job and wait for its end; return its row.

        Raises: Problem when it did not complete.
        """
        row = self.sql(
            "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, %s) returning id",
            (BUCKET, path, target),
        )
        job_id: UUID = row[0][0]
        while True:
            with self.conn.cursor(row_factory=dict_row) as cursor:
                job = cursor.execute("select * from public.import_jobs where id = %s", (job_id,)).fetchone()
            if job and job["status"] == "completed":
                return job
            if job and job["status"] in ("failed", "cancelled"):
                raise Problem(f"the job failed with {job['error_code']}: {job['error_message']}")
            time.sleep(poll_seconds)

    def peak_kilobytes(self) -> int:
        """Return the processor's peak resident memory since `forget_peak` or its start (VmHWM)."""
        lines = Path(f"/proc/{self.processor.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@contextmanager
def rig() -> Generator[Rig]:
    """Start a stack and a processor of its own; end both."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # lets the database's account through when root runs it
        stack("up", "--detach", "--no-processor", "--data", str(folder / "stack"))
        try:
            env = environment(folder / "stack")
            with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn, processor(env) as process:
                yield Rig(env, conn, process, folder)
        finally:
            stack("down", "--data", str(folder / "stack"))


@contextmanager
def processor(env: dict[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """Run `import-jobs serve` against the stack."""
    own = {**os.environ, **env, "DATABASE_URL": env["PROCESSOR_DATABASE_URL"], "IMPORT_JOBS_LOG_LEVEL": "WARNING"}
    process = subprocess.Popen([sys.executable, "-m", "processor.cli", "serve"], env=own)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(env["PROCESSOR_URL"]):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Problem("the processor did not start")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    """Tell whether the processor is ready."""
    try:
        return httpx.get(f"{url}/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
