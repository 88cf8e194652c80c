"""Which rows refer to which, by their texts: compared with following every reference one by one."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from processor.queue.waiting import SelfReference
from processor.run.sinks.family import Family

UP = SelfReference(name="up", columns=("up",), referenced=("id",))
BOSS = SelfReference(name="boss", columns=("boss", "area"), referenced=("id", "area"))
KEYS = st.sampled_from("abcdefghij")
ROWS = st.lists(st.tuples(KEYS, st.none() | KEYS, st.none() | KEYS, st.sampled_from("xy")), max_size=12)


def family(rows: list[tuple[str | None, ...]]) -> Family:
    return Family(pl.DataFrame(rows, dict.fromkeys(("id", "up", "boss", "area"), pl.String), orient="row"), (UP, BOSS))


def parents_of(rows: list[tuple[str | None, ...]], place: int) -> set[int]:
    """Return the first row that each reference of a row means, unless it is the row itself."""
    _, up, boss, area = rows[place]
    meant = [
        [at for at, row in enumerate(rows) if row[0] == up],
        [at for at, row in enumerate(rows) if row[::3] == (boss, area)],
    ]
    return {places[0] for places in meant if places} - {place}


@given(ROWS)
def test_rows_without_parents_refer_to_none_of_the_others(rows: list[tuple[str | None, ...]]) -> None:
    assert family(rows).without_parents().tolist() == [not parents_of(rows, place) for place in range(len(rows))]


@given(ROWS, st.sets(st.integers(0, 11)))
def test_descendants_are_found_at_any_distance_and_in_circles(
    rows: list[tuple[str | None, ...]], marked: set[int]
) -> None:
    expected = {place for place in marked if place < len(rows)}
    before = -1
    while before != (before := len(expected)):
        expected |= {place for place in range(len(rows)) if parents_of(rows, place) & expected}
    mask = pl.Series([place in marked for place in range(len(rows))], dtype=pl.Boolean).to_numpy()
    result = family(rows).descendants(mask)
    assert {place for place, marked_now in enumerate(result.tolist()) if marked_now} == expected


def test_a_long_chain_takes_few_steps() -> None:
    names = [str(n) for n in range(200_000)]
    chain = pl.DataFrame({"id": names, "up": [*names[1:], None]})
    mask = pl.Series([False] * 199_999 + [True]).to_numpy()
    assert Family(chain, (UP,)).descendants(mask).all()


def test_a_reference_by_a_column_that_the_file_lacks_orders_nothing() -> None:
    assert Family(pl.DataFrame({"id": ["a", "b"]}), (UP,)).without_parents().all()
