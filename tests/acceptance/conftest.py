"""The whole pipeline as a user drives it: an embedded stack per test worker, a table of its own for each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from processor.local import state
from processor.local.ports import free_port
from processor.local.postgres import SUPERUSER
from tests.servers import POSTGRES_MAJOR, StorageFiles, server_folder, turn_fsync_off
from tests.waiting import until

ENDED = ("completed", "failed", "cancelled")
# What a job of a few rows may take on a busy machine before it counts as hanging.
DEADLINE_SECONDS = 60
INSERT_JOB = "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id"


def cli(*arguments: str, env: dict[str, str] | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `import-jobs` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "processor.cli", *arguments],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@dataclass(frozen=True)
class Stack:
    """A running stack, its variables, and the variable with the port of its processor's metrics."""

    folder: Path
    env: dict[str, str]
    metrics: dict[str, str]
    files: StorageFiles = field(init=False)
    _sessions: list[psycopg.Connection[dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", StorageFiles(self.env["SUPABASE_URL"], self.env["SUPABASE_SECRET_KEY"]))

    def close(self) -> None:
        """Close the administrator's session."""
        for session in self._sessions:
            session.close()

    def sql(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        """Run a statement as the administrator and return its rows."""
        cursor = self._session().execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def upload(self, data: bytes, name: str = "file.csv", folder: object = "service") -> str:
        """Upload a file to a new path below a folder and return the path."""
        return self.files.upload(data, f"{folder}/{uuid4().hex}/{name}")

    def download(self, path: str) -> bytes:
        """Return the content of a file in the bucket."""
        return self.files.download(path)

    def insert(self, path: str, target: str, options: dict[str, Any] | None = None) -> UUID:
        """Insert a pending job with plain SQL and return its id."""
        (row,) = self.sql(INSERT_JOB, path, target, Jsonb(options or {}))
        return row["id"]

    def insert_as(
        self, user: UUID, path: str, target: str, options: dict[str, Any] | None = None, **claims: object
    ) -> UUID:
        """Insert a pending job as a signed-in user does through the Data API, and return its id."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as conn, conn.transaction():
            conn.execute("set local role authenticated")
            document = json.dumps({"sub": str(user), "role": "authenticated", **claims})
            conn.execute("select set_config('request.jwt.claims', %s, true)", (document,))
            row = conn.execute(INSERT_JOB, (path, target, Jsonb(options or {}))).fetchone()
        return row[0]

    def wait(self, job_id: UUID) -> dict[str, Any]:
        """Return the job's row once it has ended."""

        def ended() -> dict[str, Any] | None:
            row = self._job(job_id)
            return row if row["status"] in ENDED else None

        return until(ended, lambda: self._job(job_id), DEADLINE_SECONDS)

    def run(self, data: bytes, target: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Upload a file, insert its job, and return the job's row once it has ended."""
        return self._ended_with_counts(self.insert(self.upload(data), target, options))

    def run_as(
        self, user: UUID, data: bytes, target: str, options: dict[str, Any] | None = None, **claims: object
    ) -> dict[str, Any]:
        """Upload a file into the user's folder, insert its job as the user, and return the row once it has ended."""
        path = self.upload(data, folder=user)
        return self._ended_with_counts(self.insert_as(user, path, target, options, **claims))

    def rejections(self, job: dict[str, Any]) -> list[tuple[int, str | None, str]]:
        """Return the rejections of a job as (line, column, code)."""
        query = "select * from public.import_job_errors where job_id = %s order by record_number, position"
        rows = self.sql(query, job["id"])
        return [(row["line_number"], row["column_name"], row["code"]) for row in rows]

    def table(self, columns: str, **settings: object) -> str:
        """Create a table, register it as a target with these settings, and return its name."""
        name = f"t_{uuid4().hex[:12]}"
        self.sql(f"create table public.{name} ({columns})")
        self.register(name, **settings)
        return name

    def register(self, name: str, **settings: object) -> None:
        """Register a table as a target with these settings."""
        arguments = "".join(f", {key} => %s" for key in settings)
        self.sql(f"select importer.register_target('public.{name}'{arguments})", *settings.values())

    def rows(self, name: str, what: str = "*") -> list[tuple[Any, ...]]:
        """Return the rows of a table in the order of its first column."""
        return [tuple(row.values()) for row in self.sql(f"select {what} from public.{name} order by 1")]

    def _session(self) -> psycopg.Connection[dict[str, Any]]:
        """Return the administrator's session. It stays open between calls, since waiting polls every 20 ms."""
        if not self._sessions or self._sessions[-1].closed:
            self._sessions.append(psycopg.connect(self.env["DATABASE_URL"], autocommit=True, row_factory=dict_row))
        return self._sessions[-1]

    def _job(self, job_id: UUID) -> dict[str, Any]:
        (row,) = self.sql("select * from public.import_jobs where id = %s", job_id)
        return row

    def _ended_with_counts(self, job_id: UUID) -> dict[str, Any]:
        """Wait for the end of a job and check that its counts add up."""
        job = self.wait(job_id)
        assert job["rows_read"] == job["rows_loaded"] + job["rows_rejected"] + job["rows_skipped"]
        print(job["error_code"], job["error_message"])  # shown when a test fails
        return job


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A stack with its processor, started and stopped by the command line."""
    with server_folder("import-jobs-acceptance-") as parent:
        folder = parent / "stack"
        metrics = {"IMPORT_JOBS_METRICS_PORT": str(free_port())}
        arguments = ("--detach", "--no-api", "--data", str(folder), "--postgres", str(POSTGRES_MAJOR))
        up = cli("stack", "up", *arguments, env=metrics)
        assert up.returncode == 0, up.stderr
        try:
            turn_fsync_off(state.load(folder).database_url(SUPERUSER))
            lines = cli("stack", "env", "--data", str(folder)).stdout.splitlines()
            stack = Stack(folder, dict(line.removeprefix("export ").split("=", 1) for line in lines), metrics)
            yield stack
            stack.close()
        finally:
            down = cli("stack", "down", "--data", str(folder))
            assert down.returncode == 0, down.stderr
