"""The rows of a binary COPY, read back field by field, are those of the frame."""

import ctypes
import struct

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.native import BinaryForm, Form, copy_rows
from processor.native.library import KERNELS
from processor.native.rows import PIECE
from processor.native.values import as_array
from tests.property_examples import examples
from tests.unit.protected_memory import SOME_TEXTS, Columns, protected_array, run_in_process

Field = bytes | None
TEXTS = st.none() | st.text(max_size=6) | st.integers(0, 90).map(lambda size: "é" * (size // 2) + "x" * (size % 2))
NUMBERS = st.none() | st.integers(-(2**63), 2**63 - 1)
PLAIN, WHOLE, BIGINT = BinaryForm(Form.TEXT), BinaryForm(Form.WHOLE), BinaryForm(Form.INT8)


def read(data: bytes) -> list[tuple[Field, ...]]:
    """Read rows as the documentation of PostgreSQL describes them (COPY, "Binary Format")."""
    rows, at = list[tuple[Field, ...]](), 0
    while at < len(data):
        (count,) = struct.unpack_from(">h", data, at)
        row, at = list[Field](), at + 2
        for _ in range(count):
            (size,) = struct.unpack_from(">i", data, at)
            row.append(None if size == -1 else data[at + 4 : at + 4 + size])
            at += 4 + max(size, 0)
        rows.append(tuple(row))
    assert at == len(data)
    return rows


def written(frame: pl.DataFrame, forms: list[BinaryForm]) -> list[tuple[Field, ...]]:
    return read(b"".join(copy_rows(frame, forms)))


def packed(number: int | None) -> Field:
    return None if number is None else struct.pack(">q", number)


def encoded(text: str | None) -> Field:
    return None if text is None else text.encode()


@given(st.lists(st.tuples(TEXTS, NUMBERS, NUMBERS, TEXTS), max_size=30), st.integers(0, 9), st.integers(0, 9))
@settings(max_examples=examples(400), deadline=None)
def test_rows_of_any_part_of_a_frame(rows: list[tuple], start: int, cut: int) -> None:
    schema = {"a": pl.String, "n": pl.Int64, "t": pl.Int64, "z": pl.String}
    whole = pl.DataFrame(rows, schema, orient="row").with_columns(pl.col("t").cast(pl.String))
    part = pl.concat([whole.head(cut), whole.slice(cut)], rechunk=False).slice(start)
    expected = [(encoded(a), packed(n), packed(t), encoded(z)) for a, n, t, z in rows[start:]]
    assert written(part, [PLAIN, WHOLE, BIGINT, BinaryForm(Form.SAME)]) == expected


@pytest.mark.parametrize("width", [1, 2, 1600])
def test_narrow_and_wide_rows(width: int) -> None:
    frame = pl.DataFrame({str(place): ["7", None, "", "x" * place] for place in range(width)})
    rows = [(b"7",), (None,), (b"",)]
    assert written(frame, [PLAIN] * width) == [
        *(row * width for row in rows),
        tuple(b"x" * place for place in range(width)),
    ]


@pytest.mark.parametrize("size", [PIECE - 60, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE])
def test_a_row_longer_than_a_piece_is_one_piece(size: int) -> None:
    texts = ["a", "x" * size, "b" * (PIECE // 2), None, "y" * (2 * size), ""]
    frame = pl.DataFrame({"c": texts, "n": range(6)})
    pieces = list(copy_rows(frame, [PLAIN, WHOLE]))
    assert all(pieces)
    assert read(b"".join(pieces)) == [(encoded(text), packed(place)) for place, text in enumerate(texts)]
    assert all(read(piece) for piece in pieces), "a piece ends within a row"


def test_a_frame_without_rows_has_no_pieces() -> None:
    assert list(copy_rows(pl.DataFrame(schema={"c": pl.String}), [PLAIN])) == []
    assert list(copy_rows(pl.DataFrame(), [])) == []


@pytest.mark.parametrize("bad", [0, 1, 31, 32, 99])
def test_the_error_names_the_row_without_an_exact_value(bad: int) -> None:
    frame = pl.DataFrame({"c": ["x" if row == bad else "1" for row in range(100)]})
    with pytest.raises(ValueError, match=f"^row {bad} has a text without an exact value$"):
        list(copy_rows(frame, [BIGINT]))


def test_iterators_may_be_closed_early_and_interleaved() -> None:
    frame = pl.DataFrame({"c": [f"{row:0100}" for row in range(20_000)]})
    left = copy_rows(frame, [PLAIN])
    first = next(left)
    left.close()
    both = zip(copy_rows(frame, [PLAIN]), copy_rows(frame.reverse(), [PLAIN]), strict=True)
    one, other = zip(*both, strict=True)
    assert one[0] == first
    assert read(b"".join(one)) == read(b"".join(other))[::-1]


def edges_of_rows() -> None:
    texts = [*SOME_TEXTS, None, *(b"7" * size for size in range(34))]
    rows = [texts, texts[::-1], [b"1"] * len(texts)]
    for skipped in (0, 1, 7, 9):
        for forms in ((Form.TEXT, Form.SAME, Form.INT2), (Form.JSONB, Form.TEXT, Form.BOOLEAN), (Form.TEXT,) * 3):
            columns, form_array = Columns(rows, skipped=skipped), as_array([BinaryForm(form) for form in forms])
            scratch, row, sizes = protected_array(12, "<i8"), ctypes.c_int64(), list[int]()
            size = 0
            while row.value < columns.rows:
                out, space = protected_array(size), ctypes.c_int64(size)
                count = KERNELS.ij_copy_rows(
                    *(columns.address, form_array.ctypes.data, scratch.ctypes.data, ctypes.addressof(row)),
                    *(out.ctypes.data, ctypes.addressof(space)),
                )
                assert 0 <= count <= size
                sizes += [count] * (count > 0)
                size = size + 1 if count else space.value
            assert len(sizes) > 2


def test_no_memory_outside_of_the_piece_is_accessed() -> None:
    assert run_in_process(edges_of_rows) == 0
