"""Rejected records in columns: sorted cells, their positions, and the texts of many records at once."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.database.wire_arrays import decoded, encoded
from processor.model import Dialect, FileLimits, Position, Reason, RejectedRecords, Rejections
from processor.records import cut, raw_texts, record_texts

AGE, BORN = Reason("age", "IJ403", "age: not a valid integer"), Reason("born", "IJ405", "born: out of range for date")


def test_cells_of_a_record_stay_in_the_order_of_the_columns() -> None:
    joined = Rejections.joined([Rejections.of([1, 5], AGE), Rejections(), Rejections.of([5, 0, 1], BORN)])
    assert joined.cells() == [(0, BORN), (1, AGE), (1, BORN), (5, AGE), (5, BORN)]
    assert joined.distinct().tolist() == [0, 1, 5]
    assert joined.counts() == [(AGE, 2), (BORN, 3)]


def test_rejections_without_cells_have_no_records() -> None:
    none = Rejections.joined([Rejections(), Rejections.of([], AGE)])
    assert (none.cells(), none.distinct().tolist(), none.counts()) == ([], [], [])


def test_positions_count_the_cells_of_each_record() -> None:
    records = RejectedRecords(cell_places=np.array([0, 0, 0, 1, 2, 2]))
    assert records.cell_positions().tolist() == [1, 2, 3, 1, 1, 2]


@settings(deadline=None)  # the first call loads pyarrow
@given(
    st.lists(
        st.sampled_from(["a,1", "é,ü", "", "#x,y", '"two\nlines",2', "n\0l,3", "b", "x" * 70, "😀,4"]), max_size=12
    ),
    st.data(),
)
def test_texts_of_many_records_are_those_of_each(lines: list[str], data: st.DataObject) -> None:
    body = "".join(f"{line}\n" for line in lines).encode()
    limits = FileLimits(record_bytes=64, field_bytes=64)
    for chunk in cut([body], Dialect(), Position(), limits, lambda _: 100_000):
        rows = np.array(sorted(data.draw(st.sets(st.integers(0, chunk.records - 1)))), np.int64)
        texts, ends = raw_texts(chunk, rows)
        starts = [0, *ends.tolist()]
        assert [texts[a:b].decode() for a, b in pairwise(starts)] == record_texts(chunk, rows)


@pytest.mark.parametrize(("size", "values"), [(4, []), (4, [1, -2, 2**31 - 1]), (8, [0, 2**62, -1])])
def test_arrays_are_read_as_they_were_written(size: int, values: list[int]) -> None:
    assert decoded(encoded(np.array(values, np.int64), size), size).tolist() == values
