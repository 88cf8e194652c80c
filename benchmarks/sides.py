"""The two sides of a comparison: a job of ours by the database's clock, a psql command by the wall's."""

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

from benchmarks.rig import Rig, quiet_environment
from processor.cli.upload import BUCKET
from processor.errors import UserError

INSERT = "insert into public.import_jobs (bucket_id, object_path, target, options) values (%s, %s, %s, %s) returning id"
STATE = "select status, error_code, error_message from public.import_jobs where id = %s"
# Four sweeps: what is pending for longer is not going to be taken.
TAKEN_SECONDS = 60
# A file that has been loaded before is loaded again.
FORCE = {"force": True}


@dataclass(frozen=True, slots=True)
class Wish:
    """A job to insert: by the administrator, or by a signed-in user."""

    path: str
    target: str
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    user: str | None = None


def submit(rig: Rig, wish: Wish) -> object:
    """Insert the job as its client would; return its id."""
    values = (BUCKET, wish.path, wish.target, Jsonb({**FORCE, **wish.options}))
    with rig.conn.transaction():
        if wish.user:
            claims = json.dumps({"sub": wish.user, "role": "authenticated"})
            rig.sql("set local role authenticated")
            rig.sql("select set_config('request.jwt.claims', %s, true)", (claims,))
        return rig.sql(INSERT, values)[0][0]


def finished(rig: Rig, job_id: object, poll_seconds: float = 0.05) -> dict[str, Any]:
    """Wait for a job's end; return its row with `seconds`, from insert to completed.

    Raises: UserError when it did not complete, or nobody takes it.
    """
    taken_by = time.monotonic() + TAKEN_SECONDS
    while True:
        status, code, message = rig.sql(STATE, (job_id,))[0]
        if status == "running":
            taken_by = time.monotonic() + TAKEN_SECONDS
        if time.monotonic() > taken_by:
            raise UserError(f"no processor took the job for {TAKEN_SECONDS} s")
        if status == "completed":
            break
        if status in ("failed", "cancelled"):
            raise UserError(f"the job {status}: {code} {message}")
        time.sleep(poll_seconds)
    with rig.conn.cursor(row_factory=dict_row) as cursor:
        job = cursor.execute("select * from public.import_jobs where id = %s", (job_id,)).fetchone() or {}
    return {**job, "seconds": (job["finished_at"] - job["created_at"]).total_seconds()}


def job(rig: Rig, wish: Wish, poll_seconds: float = 0.05) -> dict[str, Any]:
    """Insert a job and wait for its end."""
    return finished(rig, submit(rig, wish), poll_seconds)


def psql(rig: Rig, commands: Sequence[str], settings: Mapping[str, str] | None = None) -> float:
    """Run commands in one psql; return the seconds from its start to its end.

    `settings` are the session's. Raises: UserError with what it said.
    """
    started = time.perf_counter()
    process = psql_process(rig, commands, settings)
    said = process.communicate()[0]
    seconds = time.perf_counter() - started
    if process.returncode:
        raise UserError(f"psql failed: {said.decode(errors='replace').strip()}")
    return seconds


def psql_process(
    rig: Rig, commands: Sequence[str], settings: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a psql."""
    known = conninfo_to_dict(rig.env["DATABASE_URL"])
    wanted = {"statement_timeout": "0", **(settings or {})}
    env = {
        **quiet_environment(),
        **{f"PG{name.upper()}": str(known[name]) for name in ("host", "port", "user", "password")},
        "PGDATABASE": str(known["dbname"]),
        "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in wanted.items()),
    }
    arguments = [part for command in commands for part in ("-c", command)]
    return subprocess.Popen(
        [str(rig.psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", *arguments],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def copy_in(table: str, file: Path, columns: Sequence[str] = (), options: str = "format csv, header") -> str:
    """Return psql's command that loads a file."""
    names = f" ({', '.join(columns)})" if columns else ""
    return f"\\copy {table}{names} from '{file}' with ({options})"


def alternate(
    sides: Mapping[str, Callable[[], float]], runs: int, prepare: Callable[[], None], check: Callable[[str], None]
) -> dict[str, list[float]]:
    """Run the sides in turn, A B, B A, A B …, each on a fresh table; return each one's seconds."""
    samples: dict[str, list[float]] = {side: [] for side in sides}
    for run in range(runs):
        order = list(sides) if run % 2 == 0 else list(reversed(list(sides)))
        for side in order:
            prepare()
            samples[side].append(sides[side]())
            check(side)
    return samples


def expect_rows(rig: Rig, table: str, rows: int) -> None:
    """Raise UserError unless the table has so many rows: a fast side must also be a right one."""
    found = rig.root.execute(cast(LiteralString, f"select count(*) from {table}")).fetchone()  # noqa: S608
    if found is None or found[0] != rows:
        raise UserError(f"{table} has {found and found[0]} rows, not {rows}")
