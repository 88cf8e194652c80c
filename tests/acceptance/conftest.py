"""The whole pipeline as a user drives it: one embedded stack for each test worker, a table of its own for each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

ENDED = ("completed", "failed", "cancelled")
# What a job of a few rows may take on a busy machine before it counts as hanging.
DEADLINE_SECONDS = 60


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
    """A running stack and its variables."""

    folder: Path
    env: dict[str, str]

    def sql(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        """Run a statement as the administrator."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True, row_factory=dict_row) as conn:
            cursor = conn.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def upload(self, data: bytes, name: str = "file.csv", folder: object = "service") -> str:
        """Put bytes into the bucket, below a folder; return their path."""
        path = f"{folder}/{uuid4().hex}/{name}"
        response = httpx.post(
            f"{self.env['SUPABASE_URL']}/storage/v1/object/imports/{path}",
            headers={"apikey": self.env["SUPABASE_SECRET_KEY"], "content-type": "text/csv"},
            content=data,
        )
        response.raise_for_status()
        return path

    def download(self, path: str) -> bytes:
        """Return what is in the bucket under a path."""
        response = httpx.get(
            f"{self.env['SUPABASE_URL']}/storage/v1/object/authenticated/imports/{path}",
            headers={"apikey": self.env["SUPABASE_SECRET_KEY"]},
        )
        response.raise_for_status()
        return response.content

    def insert(self, path: str, target: str, options: dict[str, Any] | None = None) -> UUID:
        """Insert a pending job with plain SQL."""
        (row,) = self.sql(
            "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id",
            path,
            target,
            Jsonb(options or {}),
        )
        return row["id"]

    def insert_as(
        self, user: UUID, path: str, target: str, options: dict[str, Any] | None = None, **claims: object
    ) -> UUID:
        """Insert a pending job as a signed-in user does through the Data API."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as conn, conn.transaction():
            conn.execute("set local role authenticated")
            told = json.dumps({"sub": str(user), "role": "authenticated", **claims})
            conn.execute("select set_config('request.jwt.claims', %s, true)", (told,))
            row = conn.execute(
                "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id",
                (path, target, Jsonb(options or {})),
            ).fetchone()
        return row[0]

    def wait(self, job_id: UUID) -> dict[str, Any]:
        """Return the job's row once it has ended."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            (row,) = self.sql("select * from public.import_jobs where id = %s", job_id)
            if row["status"] in ENDED:
                return row
            time.sleep(0.02)
        raise AssertionError(f"the job did not end: {row}")

    def run(self, data: bytes, target: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Upload, insert, wait; every job must add up."""
        job = self.wait(self.insert(self.upload(data), target, options))
        assert job["rows_read"] == job["rows_loaded"] + job["rows_rejected"] + job["rows_skipped"]
        print(job["error_code"], job["error_message"])  # shown when a test fails
        return job

    def run_as(
        self, user: UUID, data: bytes, target: str, options: dict[str, Any] | None = None, **claims: object
    ) -> dict[str, Any]:
        """Upload into the user's folder, insert as the user, wait."""
        path = self.upload(data, folder=user)
        job = self.wait(self.insert_as(user, path, target, options, **claims))
        assert job["rows_read"] == job["rows_loaded"] + job["rows_rejected"] + job["rows_skipped"]
        print(job["error_code"], job["error_message"])  # shown when a test fails
        return job

    def errors(self, job: dict[str, Any]) -> list[tuple[int, str | None, str]]:
        """Return the rejected rows as (line, column, code)."""
        rows = self.sql("select * from public.import_job_errors where job_id = %s order by record_number", job["id"])
        return [(row["line_number"], row["column_name"], row["code"]) for row in rows]

    def table(self, columns: str, **registered: object) -> str:
        """Create a table, register it as a target, return its name."""
        name = f"t_{uuid4().hex[:12]}"
        self.sql(f"create table public.{name} ({columns})")
        self.register(name, **registered)
        return name

    def register(self, name: str, **registered: object) -> None:
        """Register a table as a target, with these of its settings."""
        given = "".join(f", {key} => %s" for key in registered)
        self.sql(f"select importer.register_target('public.{name}'{given})", *registered.values())

    def rows(self, name: str, what: str = "*") -> list[tuple[Any, ...]]:
        """Return what a table holds, in the order of its first column."""
        return [tuple(row.values()) for row in self.sql(f"select {what} from public.{name} order by 1")]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A stack with its processor, started and stopped by the command line."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-acceptance-") as name:
        Path(name).chmod(0o711)  # lets the database's account through when root runs the tests
        folder = Path(name) / "stack"
        major = os.environ.get("IMPORT_JOBS_TEST_POSTGRES", "17")
        up = cli("stack", "up", "--detach", "--data", str(folder), "--postgres", major)
        assert up.returncode == 0, up.stderr
        try:
            lines = cli("stack", "env", "--data", str(folder)).stdout.splitlines()
            yield Stack(folder, dict(line.removeprefix("export ").split("=", 1) for line in lines))
        finally:
            down = cli("stack", "down", "--data", str(folder))
            assert down.returncode == 0, down.stderr
