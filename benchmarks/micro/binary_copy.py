"""Compare binary COPY with text COPY: encoding, the server's share, and whole loads on 1 to 3 connections.

`python -m benchmarks.micro.binary_copy [--kind people] [--runs 3]` starts its own embedded Postgres with default
settings. The sides of a comparison run in turn (A B A B). The figures are medians, in seconds for 1,000,000 rows, and
the ratio to the first line of each table.
"""

import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, LiteralString, cast

import numpy as np
import polars as pl
import psycopg

from benchmarks.files import NARROW, PEOPLE, WIDE, FileKind
from processor.load.copy import PIECE_BYTES
from processor.load.text import encode_text
from processor.local.ports import free_port
from processor.local.postgres import PostgresServer
from processor.local.postgres_installation import find
from processor.model import Column, Dialect, Plan, Rows
from processor.native import binary_plan, encode_binary
from processor.validate import check, make_plan, parse

KINDS = {"people": PEOPLE, "wide": WIDE, "narrow": NARROW}
ROWS = {"people": 2_000_000, "wide": 60_000, "narrow": 4_000_000}
ALIASES = {"timestamptz": "timestamp with time zone"}
COPY: dict[str, LiteralString] = {
    "text": "copy kept from stdin (format csv)",
    "binary": "copy kept from stdin (format binary)",
}
OTHERS = """
select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
"""
TICK = os.sysconf("SC_CLK_TCK")
Pieces = Iterable[bytes | memoryview]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A file, the plan of its columns, and the server that it is loaded into."""

    file_kind: FileKind
    file: Path
    rows: int
    plan: Plan
    url: str
    psql: Path
    postmaster: int
    runs: int

    def frame(self, start: int, end: int) -> pl.DataFrame:
        """Read, parse and check a part of the file, as a job does."""
        with self.file.open("rb") as file:
            file.seek(start)
            body = file.read(end - start)
        rows = Rows(parse(body, self.plan, Dialect(), body.count(b"\n")), np.empty(0, dtype=np.int64))
        if check(rows, self.plan).uncertain:
            raise ValueError("the benchmark's texts must all have an exact value")
        return rows.frame

    def encoded(self, frame: pl.DataFrame, copy_format: str) -> Iterator[memoryview]:
        """Encode rows, in the pieces that are sent."""
        plan = binary_plan([field.column for field in self.plan.fields])
        if copy_format == "text":
            parts = iter([encode_text(frame)])
        else:
            parts = (encode_binary(frame, plan) if plan else None) or iter(())
        for part in parts:
            yield from (memoryview(part)[start : start + PIECE_BYTES] for start in range(0, len(part), PIECE_BYTES))

    @contextmanager
    def empty_table(self, *, key: bool = True) -> Generator[psycopg.Connection]:
        """Create the table again, after a checkpoint, so that no earlier writes are pending."""
        columns = self.file_kind.columns if key else self.file_kind.columns.replace(" primary key", "")
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute("drop table if exists kept")
            conn.execute(cast(LiteralString, f"create table kept ({columns})"))
            conn.execute("checkpoint")
            yield conn

    def parts(self, size: int) -> list[tuple[int, int]]:
        """Split the file at line ends; its fields have none."""
        parts, total = list[tuple[int, int]](), self.file.stat().st_size
        with self.file.open("rb") as file:
            file.readline()
            while (start := file.tell()) < total:
                file.seek(min(start + size, total))
                file.readline()
                parts.append((start, file.tell()))
        return parts


def send(conn: psycopg.Connection, copy_format: str, pieces: Pieces) -> None:
    """COPY the pieces in one transaction."""
    with conn.transaction(), conn.cursor().copy(COPY[copy_format]) as sink:
        for piece in pieces:
            sink.write(piece)


def cpu_of(pid: int, *, children: bool = False) -> float:
    """Return the CPU seconds of a process, or those of its children that have exited."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    first = 13 if children else 11
    return (int(fields[first]) + int(fields[first + 1])) / TICK


def backends_cpu(postmaster: int) -> float:
    """Return the CPU seconds of all backends that have exited."""
    return cpu_of(postmaster, children=True)


def own_cpu() -> float:
    """Return the CPU seconds of this process and of the clients that it has run."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def encoding(bench: Bench, copy_format: str) -> dict[str, float]:
    """Time the encoding of a chunk, without sending it."""
    frame = bench.frame(*bench.parts(8 << 20)[0])
    started, cpu, size = time.perf_counter(), time.process_time(), 0
    for piece in bench.encoded(frame, copy_format):
        size += len(piece)
    rows = frame.height
    return {
        "wall": (time.perf_counter() - started) * 1e6 / rows,
        "cpu": (time.process_time() - cpu) * 1e6 / rows,
        "bytes per row": size / rows,
    }


def serving(bench: Bench, copy_format: str, *, key: bool) -> dict[str, float]:
    """Time the COPY of rows that are already encoded, on one connection."""
    frame = pl.concat(bench.frame(*part) for part in bench.parts(8 << 20)[:12])
    pieces = list(bench.encoded(frame, copy_format))
    with bench.empty_table(key=key) as conn:
        started, cpu, pid = time.perf_counter(), time.process_time(), conn.info.backend_pid
        served = cpu_of(pid)
        send(conn, copy_format, pieces)
        wall, served, own = time.perf_counter() - started, cpu_of(pid) - served, time.process_time() - cpu
    scale = 1e6 / frame.height
    return {"wall": wall * scale, "server's cpu": served * scale, "client's cpu": own * scale}


def loading(bench: Bench, copy_format: str, connections: int, megabytes: int) -> dict[str, float]:
    """Time a whole load: read, parse, check, encode and COPY chunk by chunk, each thread on its own connection."""
    parts = iter(bench.parts(megabytes << 20))

    def work(_: int) -> None:
        with psycopg.connect(bench.url, autocommit=True) as conn:
            for part in parts:  # next() on a list's iterator is atomic
                send(conn, copy_format, bench.encoded(bench.frame(*part), copy_format))

    def load_all() -> None:
        with ThreadPoolExecutor(connections) as threads:
            list(threads.map(work, range(connections)))

    return whole_load(bench, load_all)


def by_psql(bench: Bench) -> dict[str, float]:
    """Time a whole load with psql's \\copy."""
    command = rf"\copy kept from '{bench.file}' (format csv, header)"
    return whole_load(bench, lambda: subprocess.run([bench.psql, "-qXd", bench.url, "-c", command], check=True))


def whole_load(bench: Bench, load_all: Callable[[], object]) -> dict[str, float]:
    """Time a load of the whole file into an empty table: wall-clock seconds, and CPU seconds of both sides."""
    with bench.empty_table() as admin:
        started, own, served = time.perf_counter(), own_cpu(), backends_cpu(bench.postmaster)
        load_all()
        wall = time.perf_counter() - started
        while admin.execute(OTHERS).fetchone() != (0,):
            time.sleep(0.01)
        time.sleep(0.1)  # until the postmaster has waited for the backends and counts their CPU time
        own, served = own_cpu() - own, backends_cpu(bench.postmaster) - served
        if admin.execute("select count(*) from kept").fetchone() != (bench.rows,):
            raise ValueError("rows are missing")
    scale = 1e6 / bench.rows
    return {"wall": wall * scale, "cpu": (own + served) * scale, "client's": own * scale, "server's": served * scale}


def compare(bench: Bench, title: str, sides: Mapping[str, Callable[[], dict[str, float]]]) -> None:
    """Run the sides in turn, and print their medians."""
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(bench.runs):
        for name, side in sides.items():
            measured[name].append(side())
    walls = {name: sorted(run["wall"] for run in runs) for name, runs in measured.items()}
    first = statistics.median(next(iter(walls.values())))
    print(f"\n{title} (median of {bench.runs} runs, seconds for 1,000,000 rows)")
    for name, runs in measured.items():
        medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        shown = "  ".join(f"{key} {value:7.3f}" for key, value in medians.items())
        spread = f"{walls[name][0]:.2f}-{walls[name][-1]:.2f}"
        print(f"  {name:<26} {first / medians['wall']:5.2f} ×  {shown}  ({spread})", flush=True)


def columns_of(kind: FileKind) -> list[Column]:
    """Return the columns of a kind of file as the catalog would describe them."""
    columns = list[Column]()
    for part in re.split(r", (?=\w+ [a-z])", kind.columns):
        name, word = part.split()[:2]
        type_name = ALIASES.get(word, word)
        columns.append(
            Column(name=name, type=type_name, base=type_name.split("(")[0], kind="b", not_null=False, required=False)
        )
    return columns


@contextmanager
def prepared(name: str, rows: int, runs: int) -> Generator[Bench]:
    """Write the file and start the server, and remove both at the end."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-binary-copy-") as directory:
        folder = Path(directory)
        folder.chmod(0o711)  # lets the server's account in if root runs the benchmark
        kind, installation = KINDS[name], find()
        server = PostgresServer(folder / "postgres", installation, free_port(), "bench")
        server.create()
        server.start()
        try:
            file = kind.write(folder / f"{name}.csv", rows)
            plan = make_plan(kind.names, columns_of(kind))
            yield Bench(
                file_kind=kind,
                file=file,
                rows=rows,
                plan=plan,
                url=server.url(),
                psql=installation.bin / "psql",
                postmaster=server.pid or 0,
                runs=runs,
            )
        finally:
            server.destroy()


def main() -> None:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="people")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--only", choices=("encode", "serve", "load"))
    options: Any = parser.parse_args()
    with prepared(options.kind, options.rows or ROWS[options.kind], options.runs) as bench:
        if options.only in (None, "encode"):
            compare(bench, "encode 8 MB", {copy_format: partial(encoding, bench, copy_format) for copy_format in COPY})
        if options.only in (None, "serve"):
            for key in (True, False):
                sides = {copy_format: partial(serving, bench, copy_format, key=key) for copy_format in COPY}
                compare(bench, f"COPY of 100 MB alone, {'primary key' if key else 'no index'}", sides)
        if options.only in (None, "load"):
            sides: dict[str, Callable[[], dict[str, float]]] = {"psql \\copy": partial(by_psql, bench)}
            for connections, size in ((1, 8), (2, 4), (2, 8), (2, 16), (3, 8)):
                for copy_format in COPY:
                    name = f"{copy_format}, {connections} × {size} MB"
                    sides[name] = partial(loading, bench, copy_format, connections, size)
            compare(bench, "whole file", sides)


if __name__ == "__main__":
    main()
