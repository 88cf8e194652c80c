"""Files of worthless input, from 1 MB on: the time until the job ends grows with the size, and others are not held up.

Each file is one unit of bytes, repeated, below a header of two columns. Beside each runs a job of another tenant.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.comparisons import create_target
from benchmarks.measurement import INSERT, JobRequest, insert_job
from benchmarks.results import Figure, Listing, Outcome
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.uploads import uploaded
from processor.cli.upload import BUCKET
from processor.errors import UserError

KINDS: Mapping[str, bytes] = {
    "quotes": b'"',
    "delimiters": b",",
    "line feeds": b"\n",
    "carriage returns": b"\r",
    "no line end": b"x",
    "quotes and delimiters": b'",',
    "quotes and letters": b'x"',
    "quotes and line ends": b'"\r',
    "backslashes and quotes": b'\\"',
    "comments with quotes": b'#"\n',
    "stray quotes": b'a,b"c\n',
    "rows too short": b"1\n",
}
BLOCK_BYTES = 1 << 20
TARGET, OTHER = "bench_worthless", "bench_worthless_other"
OPTIONS = {"delimiter": "comma"}
OTHER_ROWS = 1_000
ENDED_SECONDS = 600
STATE = "select status, error_code, extract(epoch from finished_at - created_at) from public.import_jobs where id = %s"


def worthless(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure files of each kind, in sizes that quadruple up to `size.rows` megabytes."""
    stack.prepare(create_target(f"public.{TARGET}", "id text, name text"))
    stack.prepare(create_target(f"public.{OTHER}", "id bigint, name text"))
    megabytes = [1 << power for power in range(0, 20, 2) if 1 << power <= size.rows]
    listed: list[tuple[str, ...]] = []
    worst_growth = worst_other = 0.0
    with stack.scratch_folder() as folder:
        other = folder / "other.csv"
        other.write_bytes(b"id,name\n" + b"".join(b"%d,name\n" % number for number in range(OTHER_ROWS)))
        for kind, unit in KINDS.items():
            timed = [time_kind(stack, folder, unit, count, other) for count in megabytes]
            seconds, others = [own for own, _, _ in timed], [beside for _, beside, _ in timed]
            if len(seconds) > 1:
                worst_growth = max(worst_growth, seconds[-1] / max(seconds[-2], 0.5))
            worst_other = max(worst_other, *others)
            listed.append((kind, *(f"{own:.2f} s ({beside:.2f} s)" for own, beside, _ in timed), timed[-1][2]))
    return Outcome(
        size=f"{len(KINDS)} kinds, up to {megabytes[-1]:,} MB",
        figures=(
            Figure("time of four times the size, at most", worst_growth, "×"),
            Figure("1,000 rows of another tenant, at most", worst_other, "s"),
        ),
        listings=(
            Listing(
                "Seconds until the job ends (until the other tenant's 1,000 rows are in)",
                ("kind", *(f"{count:,} MB" for count in megabytes), "ends with"),
                tuple(listed),
            ),
        ),
    )


def time_kind(
    stack: BenchmarkStack, folder: Path, unit: bytes, megabytes: int, other: Path
) -> tuple[float, float, str]:
    """Run a job of a kind and, a moment later, the other tenant's; return the seconds of each and the first's end."""
    file = folder / f"{uuid4().hex}.csv"
    block = unit * (BLOCK_BYTES // len(unit))
    with file.open("wb") as writer:
        writer.write(b"id,name\n")
        for _ in range(megabytes):
            writer.write(block)
    user = str(uuid4())
    with uploaded(stack.env, [file]) as (path,), uploaded(stack.env, [other], user) as (beside,):
        own = insert_job(stack, JobRequest(path, TARGET, OPTIONS))
        with ThreadPoolExecutor(1) as threads:
            time.sleep(0.1)
            others = threads.submit(run_beside, stack.env["DATABASE_URL"], beside)
            seconds, end = wait_for_end(stack.conn, own)
            beside_seconds = others.result()
    file.unlink()
    return seconds, beside_seconds, end


def run_beside(database_url: str, path: str) -> float:
    """Run the other tenant's job on a connection of its own; return its seconds."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        row = conn.execute(INSERT, (BUCKET, path, OTHER, "{}")).fetchone()
        return wait_for_end(conn, row[0] if row else None, "completed")[0]


def wait_for_end(conn: psycopg.Connection, job_id: object, expected: str = "") -> tuple[float, str]:
    """Wait until a job has ended; return its seconds, and how it ended.

    Raises: UserError when it does not end, or ends otherwise than expected.
    """
    deadline = time.monotonic() + ENDED_SECONDS
    while time.monotonic() < deadline:
        row = conn.execute(STATE, (job_id,)).fetchone()
        if row and row[0] in ("completed", "failed"):
            if expected not in ("", row[0]):
                raise UserError(f"the job of the other tenant {row[0]}: {row[1]}")
            return float(row[2]), str(row[1] or row[0])
        time.sleep(0.01)
    raise UserError(f"the job did not end within {ENDED_SECONDS} s")
