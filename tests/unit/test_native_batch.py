"""Columns reach the kernels as the frame has them, and only those that a kernel can read."""

import polars as pl
import pytest

from processor.native import Batch, Form, Kind, Order, Sketch, copy_rows, sure

TEXTS = ["1", None, "x" * 13, "", "-2", "y" * 40, None, "é" * 12, "32768", "+07", "z" * 12, None, "0"] * 5
SMALL = [text is None or (text.lstrip("+-").isdigit() and int(text) < 2**15) for text in TEXTS]


@pytest.mark.parametrize("start", range(20))
def test_slices_begin_at_any_row(start: int) -> None:
    frame = pl.DataFrame({"before": TEXTS, "c": TEXTS}).slice(start, 29)
    with Batch(frame) as batch:
        assert sure(batch, 1, Kind(Form.INT2)).tolist() == SMALL[start : start + 29]
        assert Sketch(9).measure(batch, 1, Order.BY_BYTES, ascii_only=False).nulls == frame["c"].null_count()


@pytest.mark.parametrize("sizes", [(1, 64), (13, 26, 26), (7, 1, 57)])
def test_chunks_are_read_as_one(sizes: tuple[int, ...]) -> None:
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    parts = [pl.DataFrame({"c": TEXTS}).slice(start, size) for start, size in zip(starts, sizes, strict=True)]
    frame = pl.concat(parts, rechunk=False)
    assert frame.n_chunks() == len(sizes)
    with Batch(frame) as batch:
        assert sure(batch, 0, Kind(Form.INT2)).tolist() == SMALL


@pytest.mark.parametrize("text", [None, ""])
def test_columns_of_nothing_but_nulls_or_empty_texts(text: str | None) -> None:
    frame = pl.DataFrame({"c": pl.Series([text] * 70, dtype=pl.String)})
    with Batch(frame) as batch:
        assert sure(batch, 0, Kind(Form.INT2)).tolist() == [text is None] * 70
        found = Sketch(9).measure(batch, 0, Order.BY_BYTES, ascii_only=True)
    assert (found.nulls, found.shortest, found.least) == ((70, -1, -1) if text is None else (0, 0, 0))


def test_a_frame_without_rows_has_columns_and_no_figures() -> None:
    with Batch(pl.DataFrame(schema={"c": pl.String, "n": pl.Int64})) as batch:
        assert sure(batch, 0, Kind(Form.INT2)).tolist() == []
        assert Sketch(9).measure(batch, 0, Order.BY_BYTES, ascii_only=True).nulls == 0
        with pytest.raises(TypeError, match="column 1 has no texts"):
            sure(batch, 1, Kind(Form.INT2))


def test_texts_that_nothing_else_holds_stay_until_the_block_ends() -> None:
    with Batch(pl.DataFrame({"c": [f"{place:040}" for place in range(50_000)]})) as batch:
        assert (
            pl.DataFrame({"d": ["x" * 40] * 50_000}).height == 50_000
        )  # what was freed too early would be overwritten
        assert sure(batch, 0, Kind(Form.NUMERIC)).all()


def test_a_column_that_is_not_there_or_has_no_texts_is_not_read() -> None:
    batch = Batch(pl.DataFrame({"c": ["1"], "n": [1]}))
    with batch:
        assert sure(batch, 0, Kind(Form.INT4)).all()
        for place, error in ((1, TypeError), (2, IndexError), (-1, IndexError)):
            with pytest.raises(error, match="column"):
                sure(batch, place, Kind(Form.INT4))
    with pytest.raises(IndexError, match="there is no column 0"):
        sure(batch, 0, Kind(Form.INT4))  # its memory is Polars's again


@pytest.mark.parametrize("dtype", [pl.Int32, pl.UInt64, pl.Float64, pl.Boolean, pl.Date, pl.Null, pl.Binary])
@pytest.mark.parametrize("others", [[], ["a"]])
def test_columns_of_other_types_are_not_taken(dtype: pl.DataType, others: list[str]) -> None:
    frame = pl.DataFrame([pl.Series("c", [None], dtype=dtype), *(pl.Series(name, ["x"]) for name in others)])
    with pytest.raises(TypeError, match="neither texts nor whole numbers of 64 bits"):
        Batch(frame)


@pytest.mark.parametrize(
    "kinds", [[], [Kind(Form.TEXT)], [Kind(Form.WHOLE), Kind(Form.TEXT)], [Kind(Form.TEXT)] * 2, [Kind(Form.TEXT)] * 3]
)
def test_kinds_of_other_columns_write_no_row(kinds: list[Kind]) -> None:
    with pytest.raises(TypeError, match="there is a kind for each column"):
        list(copy_rows(pl.DataFrame({"c": ["1"], "n": [1]}), kinds))
