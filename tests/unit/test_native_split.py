"""`split_records` agrees with Python's strict csv reader or returns None, and reads only the data."""

import csv
import ctypes
import gc
import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.native import split_records
from processor.native.library import KERNELS
from tests.property_examples import examples
from tests.unit.protected_memory import protected_array, protected_bytes, run_in_process

#: Pieces of texts, up to and beyond the 12 bytes that a view holds inline and the 64 bytes of a block of the scan.
PIECES = ["a", "é", ",", ",", "\n", "\r\n", '"', '"', '""', " ", "\0", "x" * 11, "y" * 12, "z" * 13, "€" * 21, "b" * 63]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def strict_rows(text: str) -> list[list[str]] | None:
    """Return the rows that Python reads, or None if quotes are irregular. An empty line is one empty field."""
    try:
        return [row or [""] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        return None


def rows_of(frame: pl.DataFrame) -> list[list[str]]:
    return [[text or "" for text in row] for row in frame.rows()]


@given(TEXTS, st.integers(0, 130), st.integers(-1, 1))
@settings(max_examples=examples(1000), deadline=None)
def test_records_are_those_of_python_or_none(text: str, before: int, off: int) -> None:
    text = "p" * before + text
    rows = strict_rows(text)
    width, count = (len(rows[0]), len(rows)) if rows else (1, 0)
    frame = split_records(text.encode(), ord(","), width, range(width), max(0, count + off), [])
    if rows is None or off or any(len(row) != width for row in rows):
        assert frame is None or (not rows and frame.height == 0)
    else:
        assert frame is not None
        assert rows_of(frame) == rows


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("form", ["{}", '"{}"', '"""{}"'])
@pytest.mark.parametrize("before", [0, 50, 63, 64])
def test_texts_of_every_length_at_the_end_of_the_data(form: str, line_end: str, before: int) -> None:
    for size in range(80):
        text = "x" * before + "," + form.format("0123456789" * 8)[: size + len(form) - 2]
        text += '"' * (form != "{}" and not text.endswith('"')) + line_end
        rows = strict_rows(text)
        frame = split_records(text.encode(), ord(","), 2, [0, 1], 1, [])
        assert (None if frame is None else rows_of(frame)) == rows


@pytest.mark.parametrize(
    "data", [b'"', b'"a', b'a,"', b'a,"b""', b'"a"\r', b'"a"b', b'"a"\r\r\n', b'"a" ,b', b'"a"\rb\n', b'"' + b"x" * 200]
)
def test_quotes_that_do_not_close_at_the_end_of_a_field_return_none(data: bytes) -> None:
    for width in (1, 2):
        assert split_records(data, ord(","), width, range(width), 1, []) is None


@pytest.mark.parametrize("wanted", [[], [1599], [0], [7, 3, 1598], list(range(1600))])
def test_wanted_fields_of_a_wide_record(wanted: list[int]) -> None:
    record = ",".join(f"{place:013}" if place % 2 else str(place) for place in range(1600))
    frame = split_records(f"{record}\n{record}".encode(), ord(","), 1600, wanted, 2, [])
    assert frame is not None
    fields = record.split(",")
    assert frame.columns == [str(place) for place in wanted]
    assert frame.rows() == [tuple(fields[place] for place in wanted)] * (2 if wanted else 0)


def test_null_values_match_whole_texts_of_any_length() -> None:
    markers = ["", "NA", "not available", "nulo\0", "não há"]
    data = 'NA,"not available",nulo\0,não há,"","N""A"\nN,not availablE,nulo,NAN,x,"""NA"""\n'
    frame = split_records(data.encode(), ord(","), 6, range(6), 2, markers)
    assert frame is not None
    assert frame.rows() == [
        (None, None, None, None, None, 'N"A'),
        ("N", "not availablE", "nulo", "NAN", "x", '"NA"'),
    ]


def test_texts_outlive_the_data() -> None:
    data = ",".join(f'"{place} said ""so {place} times"""' for place in range(500)).encode()
    frame = split_records(data, ord(","), 500, range(500), 1, [])
    del data
    gc.collect()
    assert len([bytes(40_000) for _ in range(50)]) == 50  # overwrites data that was freed too early
    assert frame is not None
    assert frame.row(0) == tuple(f'{place} said "so {place} times"' for place in range(500))


def test_more_bytes_than_a_view_can_address_are_an_error() -> None:
    with pytest.raises(ValueError, match="2,147,483,648 bytes"):
        split_records(bytes(2**31), ord(","), 1, [0], 1, [])


@pytest.mark.parametrize(
    ("delimiter", "wanted"), [(0x80, [0]), (0xC3, [0]), (44, [0, 0]), (44, [2]), (44, [-1]), (44, [1, 0, 1])]
)
def test_other_delimiters_and_repeated_or_missing_fields_are_errors(delimiter: int, wanted: list[int]) -> None:
    with pytest.raises(
        ValueError, match="the delimiter must be no byte of a larger character, and the wanted fields distinct"
    ):
        split_records(b"a,b\n", delimiter, 2, wanted, 1, [])


def edges_of_split() -> None:
    texts = [b'a,b\nc,"d ""e"" f"\r\n' * 9, b'"",""\n' * 20, b'"' * 130, b"," * 70 + b"\n", b'x\r\n"y"\r\n' * 12]
    texts += [(f'"{"x" * size}""",{"y" * size}\n' * 4).encode() for size in (0, 7, 8, 11, 12, 13, 60, 64)]
    for text in texts:
        for size in range(len(text) + 1):
            data = protected_bytes(text[:size])
            width, rows = (text.split(b"\n")[0].count(b",") + 1), text.count(b"\n", 0, size) + 1
            slots, views = protected_array(width, np.int32), protected_array(16 * width * rows)
            slots[:] = np.arange(width)
            bitmap = -(-rows // 8)
            valid, nulls, unescaped = (
                protected_array(bitmap * width),
                protected_array(width, np.int64),
                protected_array(size),
            )
            used, marker = ctypes.c_int64(), protected_bytes(b"y" * 8)
            markers, sizes = (ctypes.c_void_p * 1)(marker.ctypes.data), protected_array(1, np.int64)
            sizes[:] = 8
            count = KERNELS.ij_split_records(
                *(data.ctypes.data, size, ord(","), slots.ctypes.data, width, rows, views.ctypes.data),
                *(valid.ctypes.data, bitmap, nulls.ctypes.data, unescaped.ctypes.data, ctypes.addressof(used)),
                *(ctypes.addressof(markers), sizes.ctypes.data, 1),
            )
            assert -1 <= count <= rows


def test_no_memory_outside_of_data_and_columns_is_accessed() -> None:
    assert run_in_process(edges_of_split) == 0
