"""The preview: the first rows of the file, in whichever order its chunks get in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from processor.report import PREVIEW_ROWS, Preview


def load(preview: Preview, seq: int, records: Sequence[int]) -> None:
    """Bring a chunk in, as a loader does."""
    frame = pl.DataFrame({"id": [str(record) for record in records]}, schema={"id": pl.String})
    part = preview.taken(seq, frame, np.array(records, dtype=np.int64))
    preview.put(seq, part, preview.including(seq, part))


def ids(preview: Preview) -> list[int]:
    return [int(row["id"]) for row in preview.rows]


# How many rows of each chunk of 30 records are loaded, and in which order the chunks get in.
CHUNKS = st.lists(st.integers(0, 30), min_size=1, max_size=12)


@given(loaded=CHUNKS, data=st.data())
def test_preview_is_the_first_rows_in_any_order_of_chunks(loaded: list[int], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(loaded))))
    chunks = [list(range(30 * seq + 1, 30 * seq + 1 + count)) for seq, count in enumerate(loaded)]
    preview = Preview()
    for seq in order:
        load(preview, seq, chunks[seq])
        assert ids(preview) == [record for chunk in chunks for record in chunk][: len(ids(preview))]
    assert ids(preview) == [record for chunk in chunks for record in chunk][:PREVIEW_ROWS]
    assert preview.enough(sum(loaded))


def test_chunk_behind_a_missing_one_adds_nothing_yet() -> None:
    preview = Preview()
    frame = pl.DataFrame({"id": ["7"]})
    part = preview.taken(1, frame, np.array([7]))
    assert preview.including(1, part) is None
    preview.put(1, part, None)
    assert ids(preview) == []
    load(preview, 0, [1, 2])
    assert ids(preview) == [1, 2, 7]


def test_refused_rows_leave_and_later_ones_follow() -> None:
    preview = Preview()
    load(preview, 0, range(1, 16))
    load(preview, 1, range(16, 31))
    assert not preview.stale
    preview.drop({1, 3})
    assert ids(preview) == [2, *range(4, 23)]
    assert preview.stale
    assert preview.enough(28)
    preview.drop(set(range(4, 24)))
    assert ids(preview) == [2, *range(24, 31)]
    assert not preview.enough(20)
    assert preview.enough(8)


def test_attempt_that_begins_in_the_middle_knows_nothing() -> None:
    preview = Preview(known=False)
    load(preview, 0, [1])
    assert ids(preview) == []
    preview.replace([(4, {"id": "4"})])
    assert (ids(preview), preview.stale) == ([4], True)


def test_long_texts_are_cut() -> None:
    preview = Preview()
    preview.put(0, preview.taken(0, pl.DataFrame({"t": ["x" * 5000]}), np.array([1])), None)
    assert preview.rows == [{"t": "x" * 300}]
