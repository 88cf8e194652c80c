"""Measure parse, transform and check alone on 1,000,000 rows: the plain path, and every reading and normaliser on."""

import io
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import polars as pl

from processor.model import Column, Dialect, Plan, Rows
from processor.validate import check, make_plan, make_reading, parse, settle, transform

ROWS = 1_000_000
T = TypeVar("T")
KINDS = {
    "id": "bigint",
    "name": "text",
    "email": "character varying(80)",
    "phone": "text",
    "cpf": "text",
    "amount": "numeric(12,2)",
    "born": "date",
    "active": "boolean",
    "seen": "timestamp with time zone",
}
COLUMNS = tuple(
    Column(name=name, type=kind, base=kind.split("(")[0], kind="b", not_null=False, required=name == "id")
    for name, kind in KINDS.items()
)
NORMALISERS = {"name": "text", "email": "email", "cpf": "cpf", "phone": {"name": "phone", "region": "BR"}}


def cpfs(digits: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> pl.Series:
    """Add the two check digits to nine digits a row."""
    for weights in (range(10, 1, -1), range(11, 1, -1)):
        rest = digits @ np.array(weights) % 11
        digits = np.column_stack([digits, np.where(rest < 2, 0, 11 - rest)])
    return pl.Series(digits @ 10 ** np.arange(10, -1, -1)).cast(pl.String).str.zfill(11)


def made(rows: int, *, local: bool) -> bytes:
    """Generate records without a header, most values distinct: as Postgres or as a Brazilian spreadsheet does."""
    random = np.random.default_rng(1)
    numbers = pl.Series(random.integers(0, 10**9, rows)).cast(pl.String)
    cents = pl.Series(random.integers(0, 10**6, rows)).cast(pl.String).str.zfill(3)
    seen = (pl.Series(random.integers(0, 1_700_000_000, rows)) * 1_000_000).cast(pl.Datetime("us"))
    born = pl.Series(random.integers(0, 20_000, rows)).cast(pl.Date)
    frame = pl.DataFrame(
        {
            "id": np.arange(rows),
            "name": numbers
            + pl.Series(np.where(np.arange(rows) % 10, " Ana Silva", " Ana  Souza" if local else " Ana")),
            "email": numbers + ("@Example.com" if local else "@example.com"),
            "phone": ("(11) 9" if local else "+55119") + pl.Series(random.integers(10**7, 10**8, rows)).cast(pl.String),
            "cpf": cpfs(random.integers(0, 10, (rows, 9))),
            "amount": cents.str.replace("(..)$", ",$1" if local else ".$1"),
            "born": born.dt.strftime("%d/%m/%Y" if local else "%Y-%m-%d"),
            "active": pl.Series(np.where(random.integers(0, 2, rows), *(("sim", "não") if local else ("t", "f")))),
            "seen": seen.dt.strftime("%d/%m/%Y %H:%M:%S" if local else "%Y-%m-%d %H:%M:%S"),
        }
    )
    out = io.BytesIO()
    frame.write_csv(out, include_header=False, separator=";")
    return out.getvalue()


def timed(label: str, step: Callable[[], T]) -> tuple[T, float]:
    """Print the best of three runs; return the last one's value and the seconds."""
    best, value = float("inf"), step()
    for _ in range(3):
        start = time.perf_counter()
        value = step()
        best = min(best, time.perf_counter() - start)
    print(f"  {label:<12}{best * 1000:8.0f} ms")
    return value, best


def run(label: str, body: bytes, plan: Plan) -> float:
    """Print the time of each step and return their sum."""
    print(f"{label}: {ROWS:,} rows, {len(body) / 1e6:.0f} MB")
    frame, parsing = timed("parse", lambda: parse(body, plan, Dialect(delimiter=";"), ROWS))
    rows = Rows(frame, np.arange(ROWS, dtype=np.int64))
    read, reading = timed("transform", lambda: transform(rows, plan))
    checked, checking = timed("check", lambda: check(read.rows, plan, read.rejections))
    _, settling = timed("settle", lambda: settle(checked, ()))
    print(f"  {len(checked.uncertain)} columns in doubt, {len(checked.rejections.rows)} rows rejected")
    return parsing + reading + checking + settling


def main() -> None:
    """Print both paths and their ratio."""
    header = list(KINDS)
    job = {"locale": "pt-BR", "time_zone": "America/Sao_Paulo"}
    readings = {name: make_reading(job, {"normalise": NORMALISERS.get(name)}) for name in header}
    plain = run("plain", made(ROWS, local=False), make_plan(header, COLUMNS))
    full = run("everything on", made(ROWS, local=True), make_plan(header, COLUMNS, readings=readings))
    print(f"everything on takes {full / plain:.1f} times as long as the plain path")


if __name__ == "__main__":
    main()
