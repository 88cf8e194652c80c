"""The preview has the first loaded rows of the file, in whichever order its chunks are committed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from processor.report import PREVIEW_ROWS, Preview


def commit(preview: Preview, seq: int, records: Sequence[int]) -> None:
    """Commit a chunk as a loader does."""
    frame = pl.DataFrame({"id": [str(record) for record in records]}, schema={"id": pl.String})
    rows = preview.first_rows(seq, frame, np.array(records, dtype=np.int64))
    preview.add(seq, rows, preview.with_chunk(seq, rows))


def ids(preview: Preview) -> list[int]:
    return [int(row["id"]) for row in preview.rows]


# The number of loaded rows of each chunk of 30 records.
LOADED = st.lists(st.integers(0, 30), min_size=1, max_size=12)


@given(loaded=LOADED, data=st.data())
def test_preview_has_the_first_rows_for_any_order_of_chunks(loaded: list[int], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(loaded))))
    chunks = [list(range(30 * seq + 1, 30 * seq + 1 + count)) for seq, count in enumerate(loaded)]
    records = [record for chunk in chunks for record in chunk]
    preview = Preview()
    for seq in order:
        commit(preview, seq, chunks[seq])
        assert ids(preview) == records[: len(ids(preview))]
    assert ids(preview) == records[:PREVIEW_ROWS]
    assert preview.is_complete(sum(loaded))


def test_chunk_after_a_missing_one_is_added_once_the_missing_one_is_committed() -> None:
    preview = Preview()
    rows = preview.first_rows(1, pl.DataFrame({"id": ["7"]}), np.array([7]))
    assert preview.with_chunk(1, rows) is None
    preview.add(1, rows, None)
    assert ids(preview) == []
    commit(preview, 0, [1, 2])
    assert ids(preview) == [1, 2, 7]


def test_removed_rows_are_replaced_by_later_ones() -> None:
    preview = Preview()
    commit(preview, 0, range(1, 16))
    commit(preview, 1, range(16, 31))
    assert not preview.stale
    preview.remove({1, 3})
    assert ids(preview) == [2, *range(4, 23)]
    assert preview.stale
    assert preview.is_complete(28)
    preview.remove(set(range(4, 24)))
    assert ids(preview) == [2, *range(24, 31)]
    assert not preview.is_complete(20)
    assert preview.is_complete(8)


def test_resumed_attempt_does_not_know_the_preview_until_it_is_replaced() -> None:
    preview = Preview(known=False)
    commit(preview, 0, [1])
    assert ids(preview) == []
    preview.replace([(4, {"id": "4"})])
    assert (ids(preview), preview.stale) == ([4], True)


def test_long_texts_are_cut() -> None:
    preview = Preview()
    preview.add(0, preview.first_rows(0, pl.DataFrame({"t": ["x" * 5000]}), np.array([1])), None)
    assert preview.rows == [{"t": "x" * 300}]
