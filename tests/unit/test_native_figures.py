"""The figures of a column agree with Python's min, max, len and set."""

import ctypes
import itertools
import os
import re
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.native import Batch, Measurement, Order, Sketch, most_frequent
from processor.native.library import KERNELS
from tests.property_examples import examples
from tests.unit.protected_memory import SOME_TEXTS, Columns, protected_array, run_in_process

some = settings(max_examples=examples(300), deadline=None)
WORDS = st.text("ab\0\x7fé€\U0001f600", max_size=5)
# Texts that share their first bytes: 7, 8, 12 and 13 are the limits of words and views.
TEXTS = st.lists(
    st.none() | WORDS | st.builds(lambda size, end: "s" * size + end, st.integers(6, 20), WORDS), max_size=40
)
NUMBERS = st.lists(
    st.none() | st.integers(-(2**64), 2**64).map(str) | st.from_regex(r"[+-]?0{0,3}[0-9]{1,3}", fullmatch=True) | WORDS
)
DECIMALS = st.floats(-1e30, 1e30).map(repr) | st.decimals(-10, 10, places=2).map(str)


def measured(texts: list[str | None], order: Order, size: int = 1024, *, ascii_only: bool = False) -> Measurement:
    with Batch(pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)})) as batch:
        return Sketch(size).measure(batch, 0, order, ascii_only=ascii_only)


def hashes_of(parts: list[list[str | None]], size: int) -> list[int]:
    sketch = Sketch(size)
    for texts in parts:
        sketch = Sketch(size, sketch.hashes)  # as an attempt that resumes does
        with Batch(pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)})) as batch:
            sketch.measure(batch, 0, Order.BY_BYTES, ascii_only=False)
    return sketch.hashes.tolist()


@given(TEXTS)
@some
def test_counts_lengths_and_extremes_by_bytes(texts: list[str | None]) -> None:
    present = [text for text in texts if text is not None]
    figures = measured(texts, Order.BY_BYTES)
    assert (figures.nulls, figures.characters) == (len(texts) - len(present), sum(map(len, present)))
    if present:
        assert (figures.shortest, figures.longest) == (min(map(len, present)), max(map(len, present)))
        by_bytes = [text.encode() for text in present]
        extremes = tuple((texts[row] or "").encode() for row in (figures.least, figures.greatest))
        assert extremes == (min(by_bytes), max(by_bytes))
    else:
        assert (figures.shortest, figures.longest, figures.least, figures.greatest) == (-1,) * 4


@given(NUMBERS)
@some
def test_extremes_of_whole_numbers(texts: list[str | None]) -> None:
    figures = measured(texts, Order.BY_WHOLE_NUMBER)
    read = [int(text) for text in texts if text is not None and re.fullmatch(r"[+-]?[0-9]+", text)]
    numbers = [number for number in read if -(2**63) <= number < 2**63]
    if numbers:
        extremes = [int(texts[row] or "") for row in (figures.least, figures.greatest)]
        assert extremes == [min(numbers), max(numbers)]
    else:
        assert (figures.least, figures.greatest) == (-1, -1)


@given(st.lists(st.none() | DECIMALS | st.sampled_from(["", "x", "1e400", "-1e400", "NaN", "1" * 201]), max_size=30))
@some
def test_extremes_of_numbers(texts: list[str | None]) -> None:
    figures = measured(texts, Order.BY_NUMBER)
    numbers = [float(text) for text in texts if text not in (None, "", "x", "NaN", "1" * 201)]
    extremes = [float(texts[row] or "") if row >= 0 else None for row in (figures.least, figures.greatest)]
    assert extremes == ([min(numbers), max(numbers)] if numbers else [None, None])


@given(TEXTS, TEXTS)
@some
def test_a_sketch_counts_distinct_texts_in_any_order(one: list[str | None], other: list[str | None]) -> None:
    all_hashes = hashes_of([one + other], 1024)
    assert len(all_hashes) == len({text for text in one + other if text is not None})
    assert all_hashes == sorted(all_hashes)
    assert hashes_of([one, other], 1024) == hashes_of([other, one, one], 1024) == all_hashes
    for size in (1, 2, 5):
        assert hashes_of([one, other], size) == all_hashes[:size]


def test_a_sketch_of_many_texts_holds_the_smallest_hashes() -> None:
    texts = [f"{place * 7919 % 50_000}" for place in range(50_000)]
    everything = hashes_of([texts], 60_000)
    assert len(everything) == 50_000
    assert hashes_of([texts[:20_000], texts[10_000:], texts], 1024) == everything[:1024]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 48, 49, 100])
def test_every_byte_of_a_text_changes_its_hash(size: int) -> None:
    base = "m" * size
    changed = [base[:place] + "n" + base[place + 1 :] for place in range(size)]
    others = [base, base + "\0", base + "m", base[1:], *changed]
    assert len(hashes_of([[*others, *others]], 1024)) == len(set(others))


def test_a_sketch_has_a_size_and_does_not_exceed_it() -> None:
    with pytest.raises(ValueError, match="size of a sketch must be at least 1"):
        Sketch(0)
    with pytest.raises(ValueError, match="broadcast"):
        Sketch(2, np.arange(3, dtype=np.uint64))
    full = Sketch(3, np.arange(3, dtype=np.uint64))
    with Batch(pl.DataFrame({"c": ["a", "b"]})) as batch:
        full.measure(batch, 0, Order.BY_BYTES, ascii_only=True)
    assert full.hashes.tolist() == [0, 1, 2]


def test_measuring_a_missing_column_or_one_without_texts_is_an_error() -> None:
    with Batch(pl.DataFrame({"c": ["1"], "n": [1]})) as batch:
        for place, error in ((1, TypeError), (2, IndexError), (-1, IndexError)):
            with pytest.raises(error, match="column"):
                Sketch(9).measure(batch, place, Order.BY_BYTES, ascii_only=True)


@given(TEXTS, st.integers(1, 7))
@some
def test_the_most_frequent_texts_are_those_of_a_counter(texts: list[str | None], count: int) -> None:
    backwards = texts[::-1]
    frame = pl.DataFrame(
        {"a": texts, "b": backwards, "c": [None] * len(texts)}, schema_overrides=dict.fromkeys("abc", pl.String)
    )
    expected = [
        Counter(text for text in column if text is not None).most_common(count) for column in (texts, backwards)
    ]
    assert most_frequent(frame, count) == {"a": expected[0], "b": expected[1], "c": []}


def test_the_most_frequent_of_many_texts() -> None:
    texts = (
        [str(place) for place in range(10_000)] + [str(place) for place in range(9_999, 9_000, -3)] + ["7", "8", "8"]
    )
    expected = Counter(texts).most_common(9)
    assert most_frequent(pl.DataFrame({"n": texts}), 9) == {"n": expected}
    assert expected[0] == ("8", 3)


def test_columns_without_texts_and_counts_below_one_are_errors() -> None:
    with pytest.raises(TypeError, match="column 1 has no texts"):
        most_frequent(pl.DataFrame({"c": ["1"], "n": [1]}), 5)
    with pytest.raises(ValueError, match="at least 1"):
        most_frequent(pl.DataFrame({"c": ["1"]}), 0)


def edges_of_figures() -> None:
    texts = [*SOME_TEXTS, None, *(os.urandom(size) for size in range(70)), b"1" * 200, b"1" * 201]
    lists = [texts, texts[::-1], *([text] for text in texts if text is not None), [None] * 9]
    for column, at_start, skipped, order in itertools.product(lists, (False, True), (0, 5), Order):
        columns = Columns([column], skipped=skipped, at_start=at_start)
        for size in (1, 3, 500):
            figures, sketch, filled = protected_array(6, np.int64), protected_array(size, np.uint64), ctypes.c_int64()
            KERNELS.ij_measure_column(
                *(columns.address, 0, order, size == 3, figures.ctypes.data, sketch.ctypes.data),
                *(ctypes.addressof(filled), size),
            )
            assert filled.value == min(size, len(set(column) - {None}))
            assert figures[0] == column.count(None)
        for wanted in (1, 5):
            slots = 2 << len(column).bit_length()
            table, best = protected_array(3 * slots, np.int64), protected_array(3 * wanted, np.int64)
            table[:] = 0
            written = KERNELS.ij_most_frequent_texts(
                columns.address, 0, table.ctypes.data, slots, best.ctypes.data, wanted
            )
            assert written == min(wanted, len(set(column) - {None}))


def test_no_memory_outside_of_texts_and_sketch_is_accessed() -> None:
    assert run_in_process(edges_of_figures) == 0
