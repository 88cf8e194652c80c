"""Delimiters of several characters, and files of one column: the fields are those of Python's csv module."""

import csv
import io

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from processor import records
from processor.dialect.sample_rows import read_rows
from processor.model import Chunk, Dialect, FileLimits, Position
from processor.native import RecordReader, split_records
from tests.property_examples import examples

NOWHERE = "\ufdd0"


def cut(text: str, dialect: Dialect, block: int = 1000) -> list[Chunk]:
    data = text.encode()
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    return list(records.cut(blocks, dialect, Position(), FileLimits(), lambda _: 30))


def fields(text: str, dialect: Dialect) -> list[list[str | None]]:
    """Return the fields of all records, as the pipeline reads them."""
    rows: list[list[str | None]] = []
    for chunk in cut(text, dialect):
        for row in range(chunk.records):
            keep = np.arange(chunk.records) == row
            body, width = records.canonical_csv(chunk, keep, dialect), int(chunk.fields[row])
            frame = split_records(body, dialect.canonical_delimiter[0], width, range(width), 1, [])
            assert frame is not None
            rows.append([field or "" for field in frame.row(0)])
    return rows


@given(st.lists(st.text('a|~,"é', min_size=1, max_size=12), max_size=6), st.sampled_from(["||", "|~|", ",|", None]))
@settings(max_examples=examples(300), deadline=None)
def test_the_fields_are_those_of_csv_with_a_single_mark(lines: list[str], delimiter: str | None) -> None:
    text = "".join(f"{line}\n" for line in lines)
    marked = text.replace(delimiter, NOWHERE) if delimiter else text
    expected = list(csv.reader(io.StringIO(marked, newline=""), delimiter=NOWHERE))
    dialect = Dialect(delimiter=delimiter)
    rows, unclosed = read_rows(text.splitlines(keepends=True), delimiter, '"', None, None)
    assume(not unclosed)
    assert fields(text, dialect) == [[field.replace(NOWHERE, delimiter or "") for field in row] for row in expected]
    assert [row.fields for row in rows] == fields(text, dialect)


@given(st.text("a|\n", max_size=40), st.integers(1, 7))
@settings(max_examples=examples(200), deadline=None)
def test_a_delimiter_may_lie_on_the_edge_of_two_blocks(text: str, block: int) -> None:
    dialect = Dialect(delimiter="|||")
    whole, parts = cut(text, dialect), cut(text, dialect, block)
    assert [chunk.fields.tolist() for chunk in whole] == [chunk.fields.tolist() for chunk in parts]


@given(st.text("a|\r\n", max_size=40), st.integers(1, 5))
@settings(max_examples=examples(200), deadline=None)
def test_the_reader_goes_on_within_a_delimiter(text: str, size: int) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    whole = RecordReader(ord("|"), rest=b"||").read(data, final=True).fields.tolist()
    one, at, found, rest = RecordReader(ord("|"), rest=b"||"), 0, list[int](), data[:0]
    while at < data.size or rest.size:
        piece = np.concatenate([rest, data[at : at + size]])
        at += size
        found += one.read(piece, final=at >= data.size).fields.tolist()
        rest = piece[one.used :]
    assert found == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x\\||y||2\n", [["x||y", "2"]]),
        ('3||"q \\"z"\n', [["3", 'q "z']]),
        ("\\|||4\n", [["|", "4"]]),
    ],
)
def test_an_escape_may_part_a_delimiter(text: str, expected: list[list[str]]) -> None:
    assert fields(text, Dialect(delimiter="||", escape="\\")) == expected


def test_other_quotes_are_rewritten() -> None:
    text = "'x||y'||2\n3||'q ''z'''\n4||\"\n"
    assert fields(text, Dialect(delimiter="||", quote="'")) == [["x||y", "2"], ["3", "q 'z'"], ["4", '"']]


@pytest.mark.parametrize(
    ("record", "width", "count"),
    [
        ("1,2,,", 2, 2),
        ('1,2,"",', 2, 2),
        ('1,2,,""', 2, 2),
        ("1,2,, ", 2, 4),
        ("1,2,,x", 2, 4),
        ('1,"2,,"', 2, 2),
        (",,,", 2, 2),
        ('1,2,"""",', 2, 4),
        ('1,"2,""",', 2, 2),
        ("1", 2, 1),
    ],
)
def test_surplus_fields_that_are_empty_are_none(record: str, width: int, count: int) -> None:
    dialect = Dialect()
    for end in ("\n", "\r\n", ""):
        (chunk,) = cut(f"a,b\n{record}{end}", dialect)
        trimmed = records.without_surplus(chunk, width, dialect)
        assert trimmed.fields.tolist() == [2, count]
        assert len(trimmed.data) == int(trimmed.ends[-1]) + len(end)
        body = records.canonical_csv(trimmed, np.array([False, True]), dialect)
        assert split_records(body, ord(","), count, range(count), 1, []) is not None


@pytest.mark.parametrize("delimiter", [",", "||"])
@pytest.mark.parametrize("count", [64, 65, 66_000, 200_000])
def test_any_number_of_surplus_fields(delimiter: str, count: int) -> None:
    empty, not_empty = f'{delimiter}{delimiter}""' * (count // 2), f'{delimiter}{delimiter}" "' * (count // 2)
    dialect = Dialect(delimiter=delimiter)
    row, half = f"1{delimiter}2", count // 2 * 2
    trimmed = {
        tail: records.without_surplus(chunk, 2, dialect)
        for tail in (empty, empty * 2, not_empty + empty, empty + "x")
        for chunk in cut(f"{row}{tail}\n", dialect, 1 << 20)
    }
    assert [chunk.fields.tolist() for chunk in trimmed.values()] == [[2], [2], [2 + 2 * half], [2 + half]]
    assert trimmed[empty].data == trimmed[empty * 2].data == f"{row}\n".encode()
    assert trimmed[empty + "x"].data == f"{row}{empty}x\n".encode()


def test_an_escaped_delimiter_at_the_end_is_text() -> None:
    dialect = Dialect(escape="\\")
    (chunk,) = cut("1,2,\\,\n1,2,,\n", dialect)
    assert records.without_surplus(chunk, 2, dialect).fields.tolist() == [3, 2]


def test_surplus_fields_behind_a_stray_quote_are_none_where_quotes_are_text() -> None:
    text = '5" pipe,2,\n"x"y,2,""\n"x""",5",,\na, b",\n'
    for dialect, widths in (
        (Dialect(), [2, 2, 2, 2]),
        (Dialect(quote_order=1.0), [3, 3, 4, 3]),
        (Dialect(quote_order=1.0, skip_initial_space=True), [2, 2, 2, 2]),
    ):
        chunks = [records.without_surplus(chunk, 2, dialect) for chunk in cut(text, dialect)]
        assert [fields for chunk in chunks for fields in chunk.fields.tolist()] == widths


def test_surplus_fields_with_a_long_delimiter() -> None:
    dialect = Dialect(delimiter="||")
    (chunk,) = cut("1||2||||\n3||4||x\n", dialect)
    assert records.without_surplus(chunk, 2, dialect).fields.tolist() == [2, 3]
