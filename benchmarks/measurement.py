"""How each side is timed: a job by the database's clock, a psql command by the wall clock."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString, cast

from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from benchmarks.stack import BenchmarkStack, environment_without_libpq
from processor.cli.upload import BUCKET
from processor.errors import UserError

INSERT = "insert into public.import_jobs (bucket_id, object_path, target, options) values (%s, %s, %s, %s) returning id"
STATE = "select status, error_code, error_message from public.import_jobs where id = %s"
# Four sweeps: a job that is pending for longer will not be claimed.
CLAIMED_SECONDS = 60
# Load a file that has been loaded before.
FORCE = {"force": True}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job to insert, by the administrator or by the signed-in user `user`."""

    path: str
    target: str
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    user: str | None = None


def insert_job(stack: BenchmarkStack, request: JobRequest) -> object:
    """Insert a job as its client would; return its id."""
    values = (BUCKET, request.path, request.target, Jsonb({**FORCE, **request.options}))
    with stack.conn.transaction():
        if request.user:
            claims = json.dumps({"sub": request.user, "role": "authenticated"})
            stack.sql("set local role authenticated")
            stack.sql("select set_config('request.jwt.claims', %s, true)", (claims,))
        return stack.sql(INSERT, values)[0][0]


def wait_for_job(stack: BenchmarkStack, job_id: object, poll_seconds: float = 0.05) -> dict[str, Any]:
    """Wait until a job has completed; return its row with `seconds`, the time from insert to completion.

    Raises: UserError when the job does not complete, or when no processor claims it.
    """
    deadline = time.monotonic() + CLAIMED_SECONDS
    while True:
        status, code, message = stack.sql(STATE, (job_id,))[0]
        if status == "running":
            deadline = time.monotonic() + CLAIMED_SECONDS
        if time.monotonic() > deadline:
            raise UserError(f"no processor claimed the job within {CLAIMED_SECONDS} s")
        if status == "completed":
            break
        if status in ("failed", "cancelled"):
            raise UserError(f"the job {status}: {code} {message}")
        time.sleep(poll_seconds)
    with stack.conn.cursor(row_factory=dict_row) as cursor:
        job = cursor.execute("select * from public.import_jobs where id = %s", (job_id,)).fetchone() or {}
    return {**job, "seconds": (job["finished_at"] - job["created_at"]).total_seconds()}


def run_job(stack: BenchmarkStack, request: JobRequest, poll_seconds: float = 0.05) -> dict[str, Any]:
    """Insert a job and wait until it has completed; return its row with `seconds`."""
    return wait_for_job(stack, insert_job(stack, request), poll_seconds)


def run_psql(stack: BenchmarkStack, commands: Sequence[str], settings: Mapping[str, str] | None = None) -> float:
    """Run commands in one psql; return the seconds from its start to its end.

    `settings` are set for the session.

    Raises: UserError with the output of psql.
    """
    started = time.perf_counter()
    process = start_psql(stack, commands, settings)
    output = process.communicate()[0]
    seconds = time.perf_counter() - started
    if process.returncode:
        raise UserError(f"psql failed: {output.decode(errors='replace').strip()}")
    return seconds


def start_psql(
    stack: BenchmarkStack, commands: Sequence[str], settings: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start psql with commands and the settings of its session."""
    conninfo = conninfo_to_dict(stack.env["DATABASE_URL"])
    session = {"statement_timeout": "0", **(settings or {})}
    env = {
        **environment_without_libpq(),
        **{f"PG{name.upper()}": str(conninfo[name]) for name in ("host", "port", "user", "password")},
        "PGDATABASE": str(conninfo["dbname"]),
        "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in session.items()),
    }
    arguments = [part for command in commands for part in ("-c", command)]
    return subprocess.Popen(
        [str(stack.psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", *arguments],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def copy_command(table: str, file: Path, columns: Sequence[str] = (), options: str = "format csv, header") -> str:
    """Return psql's \\copy command that loads a file into a table."""
    names = f" ({', '.join(columns)})" if columns else ""
    return f"\\copy {table}{names} from '{file}' with ({options})"


def alternate(
    sides: Mapping[str, Callable[[], float]], runs: int, prepare: Callable[[], None], check: Callable[[str], None]
) -> dict[str, list[float]]:
    """Run the sides in alternating order (A B, B A, A B …); return the seconds of each side's runs.

    `prepare` is called before and `check` after each run.
    """
    samples: dict[str, list[float]] = {side: [] for side in sides}
    for run in range(runs):
        order = list(sides) if run % 2 == 0 else list(reversed(list(sides)))
        for side in order:
            prepare()
            samples[side].append(sides[side]())
            check(side)
    return samples


def check_row_count(stack: BenchmarkStack, table: str, rows: int) -> None:
    """Check that a table has `rows` rows: the time of a wrong load does not count.

    Raises: UserError.
    """
    row = stack.superuser_conn.execute(cast(LiteralString, f"select count(*) from {table}")).fetchone()  # noqa: S608
    if row is None or row[0] != rows:
        raise UserError(f"{table} has {row and row[0]} rows, not {rows}")
