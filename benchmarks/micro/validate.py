"""Measure the steps of validation on 1,000,000 rows: with the default reading, and with a locale and normalisers.

`python -m benchmarks.micro.validate`
"""

import io
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import polars as pl

from benchmarks.micro.check_digits import cpfs
from processor.model import Column, Dialect, Plan, Rows
from processor.validate import check, make_plan, make_reading, parse, settle, transform

ROWS = 1_000_000
T = TypeVar("T")
TYPES = {
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
    Column(name=name, type=type_name, base=type_name.split("(")[0], kind="b", not_null=False, required=name == "id")
    for name, type_name in TYPES.items()
)
NORMALISERS = {"name": "text", "email": "email", "cpf": "cpf", "phone": {"name": "phone", "region": "BR"}}


def records(rows: int, *, local: bool) -> bytes:
    """Return records without a header, as a Brazilian spreadsheet writes them (`local`) or as Postgres does.

    Most values are distinct.
    """
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
    """Print the time of the fastest of three runs; return the value of the last run and that time in seconds."""
    best, value = float("inf"), step()
    for _ in range(3):
        start = time.perf_counter()
        value = step()
        best = min(best, time.perf_counter() - start)
    print(f"  {label:<12}{best * 1000:8.0f} ms")
    return value, best


def run(label: str, body: bytes, plan: Plan) -> float:
    """Print the time of each step; return their sum in seconds."""
    print(f"{label}: {ROWS:,} rows, {len(body) / 1e6:.0f} MB")
    frame, parsing = timed("parse", lambda: parse(body, plan, Dialect(delimiter=";"), ROWS))
    rows = Rows(frame, np.arange(ROWS, dtype=np.int64))
    transformed, transforming = timed("transform", lambda: transform(rows, plan))
    checked, checking = timed("check", lambda: check(transformed.rows, plan, transformed.rejections))
    _, settling = timed("settle", lambda: settle(checked, ()))
    print(
        f"  {len(checked.uncertain)} columns with uncertain values, {len(checked.rejections.distinct())} rows rejected"
    )
    return parsing + transforming + checking + settling


def main() -> None:
    """Print the times of both and their ratio."""
    header = list(TYPES)
    job = {"locale": "pt-BR", "time_zone": "America/Sao_Paulo"}
    readings = {name: make_reading(job, {"normalise": NORMALISERS.get(name)}) for name in header}
    plain = run("default reading", records(ROWS, local=False), make_plan(header, COLUMNS))
    full = run("locale and normalisers", records(ROWS, local=True), make_plan(header, COLUMNS, readings=readings))
    print(f"a locale and normalisers take {full / plain:.1f} times as long as the default reading")


if __name__ == "__main__":
    main()
