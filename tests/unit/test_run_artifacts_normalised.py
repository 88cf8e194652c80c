"""The normalised CSV loses the rows that are rejected late, whatever their texts look like."""

import csv
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.run.artifacts.normalised_csv import NormalisedCsv
from tests.property_examples import examples

CELLS = st.one_of(st.none(), st.text('a," \r\n\\;é', max_size=6))


def content(output: NormalisedCsv) -> list[list[str]]:
    output._file.flush()  # pyright: ignore[reportPrivateUsage]
    with Path(output._file.name).open(newline="", encoding="utf-8") as file:  # pyright: ignore[reportPrivateUsage]
        return list(csv.reader(file))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=30), st.integers(1, 2))
@settings(max_examples=examples(150), deadline=None)
def test_rejected_records_are_taken_out(cells: list[tuple[str | None, ...]], width: int) -> None:
    rows = [row[:width] for row in cells]
    numbers = np.arange(len(rows), dtype=np.int64) * 3 + 1
    rejected = {int(number) for number in numbers if number % 2}
    frame = pl.DataFrame(rows, schema={f"c{place}": pl.String for place in range(width)}, orient="row")
    output, expected = NormalisedCsv(), NormalisedCsv()
    keep = np.array([int(number) not in rejected for number in numbers], np.bool_)
    output.add(frame[:7], numbers[:7])
    output.add(frame[7:], numbers[7:])
    expected.add(frame.filter(pl.Series(keep)) if len(rows) else frame, numbers[keep])
    output.remove(rejected)
    output.remove({-1})
    assert content(output) == content(expected)
    output.close()
    expected.close()
