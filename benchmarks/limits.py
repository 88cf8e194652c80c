"""What the machine could do at best, measured on the spot: COPY by its formats, and the speed of writing a log."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.files import PEOPLE
from benchmarks.rig import Rig
from benchmarks.sides import psql, psql_process
from processor.errors import UserError

SOURCE, GOAL = "public.bench_limits_source", "public.bench_limits"
# The only one into another table; it shows what the index costs.
BARE = "COPY binary, no primary key"
FORMATS = {"csv": "format csv, header", "text": "format text", "binary": "format binary"}
LOG_BYTES, SEGMENT, BLOCK = 256 << 20, 16 << 20, 1 << 20


def copies(rig: Rig, folder: Path, csv: Path, rows: int) -> dict[str, float]:
    """Return the seconds of COPY alone for the same rows, by format and sessions."""
    rig.fresh(f"drop table if exists {SOURCE}; create table {SOURCE} ({PEOPLE.columns})")
    files = {"csv": csv, "text": folder / "rows.text", "binary": folder / "rows.binary"}
    psql(rig, [f"\\copy {SOURCE} from '{csv}' with ({FORMATS['csv']})"])
    for name in ("text", "binary"):
        psql(rig, [f"\\copy {SOURCE} to '{files[name]}' with ({FORMATS[name]})"])
    found = {f"COPY {name}, one session": timed(rig, [files[name]], name) for name in FORMATS}
    found[BARE] = timed(rig, [files["binary"]], "binary", PEOPLE.columns.replace(" primary key", ""))
    files["text"].unlink()
    files["binary"].unlink()
    halves = [folder / "low.binary", folder / "high.binary"]
    for half, condition in zip(halves, (f"id < {rows // 2}", f"id >= {rows // 2}"), strict=True):
        psql(rig, [f"\\copy (select * from {SOURCE} where {condition}) to '{half}' with (format binary)"])  # noqa: S608
    found["COPY binary, two sessions"] = timed(rig, halves, "binary")
    for half in halves:
        half.unlink()
    rig.fresh(f"drop table {SOURCE}, {GOAL}")
    return found


def timed(rig: Rig, files: Sequence[Path], name: str, columns: str = PEOPLE.columns) -> float:
    """Load files side by side into a new table; return the seconds until all are in."""
    rig.fresh(f"drop table if exists {GOAL}; create table {GOAL} ({columns})")
    started = time.perf_counter()
    running = [psql_process(rig, [f"\\copy {GOAL} from '{file}' with ({FORMATS[name]})"]) for file in files]
    said = [each.communicate()[0] for each in running]
    if any(each.returncode for each in running):
        raise UserError(f"psql failed: {b' '.join(said).decode(errors='replace').strip()}")
    return time.perf_counter() - started


def log_bytes_per_second(folder: Path) -> float:
    """Return how fast segments of 16 MiB can be written and put to disk, one after the other, as WAL is."""
    block, file = b"\0" * BLOCK, folder / "log"
    started = time.perf_counter()
    handle = os.open(file, os.O_CREAT | os.O_WRONLY)
    try:
        for written in range(0, LOG_BYTES, BLOCK):
            os.write(handle, block)
            if (written + BLOCK) % SEGMENT == 0:
                os.fdatasync(handle)
    finally:
        os.close(handle)
        file.unlink()
    return LOG_BYTES / (time.perf_counter() - started)
