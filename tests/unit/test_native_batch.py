"""`Batch` hands a frame's columns to the kernels unchanged, and only columns that a kernel can read."""

import polars as pl
import pytest

from processor.native import Batch, BinaryForm, Form, Order, Sketch, copy_rows, has_exact_value

TEXTS = ["1", None, "x" * 13, "", "-2", "y" * 40, None, "é" * 12, "32768", "+07", "z" * 12, None, "0"] * 5
SMALL = [text is None or (text.lstrip("+-").isdigit() and int(text) < 2**15) for text in TEXTS]


@pytest.mark.parametrize("start", range(20))
def test_slices_begin_at_any_row(start: int) -> None:
    frame = pl.DataFrame({"before": TEXTS, "c": TEXTS}).slice(start, 29)
    with Batch(frame) as batch:
        assert has_exact_value(batch, 1, BinaryForm(Form.INT2)).tolist() == SMALL[start : start + 29]
        assert Sketch(9).measure(batch, 1, Order.BY_BYTES, ascii_only=False).nulls == frame["c"].null_count()


@pytest.mark.parametrize("sizes", [(1, 64), (13, 26, 26), (7, 1, 57)])
def test_chunks_are_read_as_one(sizes: tuple[int, ...]) -> None:
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    parts = [pl.DataFrame({"c": TEXTS}).slice(start, size) for start, size in zip(starts, sizes, strict=True)]
    frame = pl.concat(parts, rechunk=False)
    assert frame.n_chunks() == len(sizes)
    with Batch(frame) as batch:
        assert has_exact_value(batch, 0, BinaryForm(Form.INT2)).tolist() == SMALL


@pytest.mark.parametrize("text", [None, ""])
def test_columns_of_only_nulls_or_only_empty_texts(text: str | None) -> None:
    frame = pl.DataFrame({"c": pl.Series([text] * 70, dtype=pl.String)})
    with Batch(frame) as batch:
        assert has_exact_value(batch, 0, BinaryForm(Form.INT2)).tolist() == [text is None] * 70
        figures = Sketch(9).measure(batch, 0, Order.BY_BYTES, ascii_only=True)
    assert (figures.nulls, figures.shortest, figures.least) == ((70, -1, -1) if text is None else (0, 0, 0))


def test_a_frame_without_rows_has_columns_and_no_figures() -> None:
    with Batch(pl.DataFrame(schema={"c": pl.String, "n": pl.Int64})) as batch:
        assert has_exact_value(batch, 0, BinaryForm(Form.INT2)).tolist() == []
        assert Sketch(9).measure(batch, 0, Order.BY_BYTES, ascii_only=True).nulls == 0
        with pytest.raises(TypeError, match="column 1 has no texts"):
            has_exact_value(batch, 1, BinaryForm(Form.INT2))


def test_texts_without_another_reference_live_until_the_block_ends() -> None:
    with Batch(pl.DataFrame({"c": [f"{place:040}" for place in range(50_000)]})) as batch:
        # This frame would overwrite texts that were freed too early.
        assert pl.DataFrame({"d": ["x" * 40] * 50_000}).height == 50_000
        assert has_exact_value(batch, 0, BinaryForm(Form.NUMERIC)).all()


def test_a_missing_column_or_one_without_texts_is_an_error() -> None:
    batch = Batch(pl.DataFrame({"c": ["1"], "n": [1]}))
    with batch:
        assert has_exact_value(batch, 0, BinaryForm(Form.INT4)).all()
        for place, error in ((1, TypeError), (2, IndexError), (-1, IndexError)):
            with pytest.raises(error, match="column"):
                has_exact_value(batch, place, BinaryForm(Form.INT4))
    with pytest.raises(IndexError, match="there is no column 0"):
        has_exact_value(batch, 0, BinaryForm(Form.INT4))  # the batch has been released


@pytest.mark.parametrize("dtype", [pl.Int32, pl.UInt64, pl.Float64, pl.Boolean, pl.Date, pl.Null, pl.Binary])
@pytest.mark.parametrize("others", [[], ["a"]])
def test_columns_of_other_types_are_an_error(dtype: pl.DataType, others: list[str]) -> None:
    frame = pl.DataFrame([pl.Series("c", [None], dtype=dtype), *(pl.Series(name, ["x"]) for name in others)])
    with pytest.raises(TypeError, match="neither texts nor 64-bit integers"):
        Batch(frame)


@pytest.mark.parametrize(
    "forms",
    [
        [],
        [BinaryForm(Form.TEXT)],
        [BinaryForm(Form.WHOLE), BinaryForm(Form.TEXT)],
        [BinaryForm(Form.TEXT)] * 2,
        [BinaryForm(Form.TEXT)] * 3,
    ],
)
def test_forms_that_do_not_match_the_columns_are_an_error(forms: list[BinaryForm]) -> None:
    with pytest.raises(TypeError, match="each column needs one form"):
        list(copy_rows(pl.DataFrame({"c": ["1"], "n": [1]}), forms))
