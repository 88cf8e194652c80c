"""The limits of this machine, measured on the spot: COPY in each format, and the speed of writing WAL."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.files import PEOPLE
from benchmarks.measurement import run_psql, start_psql
from benchmarks.stack import BenchmarkStack
from processor.errors import UserError

SOURCE, DESTINATION = "public.bench_limits_source", "public.bench_limits"
# The difference to the other lines is the cost of the index.
WITHOUT_KEY = "COPY binary, no primary key"
FORMATS = {"csv": "format csv, header", "text": "format text", "binary": "format binary"}
LOG_BYTES, SEGMENT_BYTES, BLOCK_BYTES = 256 << 20, 16 << 20, 1 << 20


def time_copies(stack: BenchmarkStack, folder: Path, csv: Path, rows: int) -> dict[str, float]:
    """Return the seconds of COPY alone for the same rows, by format and number of sessions."""
    stack.prepare(f"drop table if exists {SOURCE}; create table {SOURCE} ({PEOPLE.columns})")
    files = {"csv": csv, "text": folder / "rows.text", "binary": folder / "rows.binary"}
    run_psql(stack, [f"\\copy {SOURCE} from '{csv}' with ({FORMATS['csv']})"])
    for name in ("text", "binary"):
        run_psql(stack, [f"\\copy {SOURCE} to '{files[name]}' with ({FORMATS[name]})"])
    seconds = {f"COPY {name}, one session": time_copy(stack, [files[name]], name) for name in FORMATS}
    columns_without_key = PEOPLE.columns.replace(" primary key", "")
    seconds[WITHOUT_KEY] = time_copy(stack, [files["binary"]], "binary", columns_without_key)
    files["text"].unlink()
    files["binary"].unlink()
    halves = [folder / "low.binary", folder / "high.binary"]
    for half, condition in zip(halves, (f"id < {rows // 2}", f"id >= {rows // 2}"), strict=True):
        run_psql(stack, [f"\\copy (select * from {SOURCE} where {condition}) to '{half}' with (format binary)"])  # noqa: S608
    seconds["COPY binary, two sessions"] = time_copy(stack, halves, "binary")
    for half in halves:
        half.unlink()
    stack.prepare(f"drop table {SOURCE}, {DESTINATION}")
    return seconds


def time_copy(stack: BenchmarkStack, files: Sequence[Path], name: str, columns: str = PEOPLE.columns) -> float:
    """Load files into a new table, each in a session of its own; return the seconds until the last one ends.

    Raises: UserError with the output of psql.
    """
    stack.prepare(f"drop table if exists {DESTINATION}; create table {DESTINATION} ({columns})")
    started = time.perf_counter()
    copies = [start_psql(stack, [f"\\copy {DESTINATION} from '{file}' with ({FORMATS[name]})"]) for file in files]
    outputs = [copy.communicate()[0] for copy in copies]
    if any(copy.returncode for copy in copies):
        raise UserError(f"psql failed: {b' '.join(outputs).decode(errors='replace').strip()}")
    return time.perf_counter() - started


def log_bytes_per_second(folder: Path) -> float:
    """Return the speed at which segments of 16 MiB are written and synced one after the other, as WAL is."""
    block, file = b"\0" * BLOCK_BYTES, folder / "log"
    started = time.perf_counter()
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY)
    try:
        for written in range(0, LOG_BYTES, BLOCK_BYTES):
            os.write(descriptor, block)
            if (written + BLOCK_BYTES) % SEGMENT_BYTES == 0:
                os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
        file.unlink()
    return LOG_BYTES / (time.perf_counter() - started)
