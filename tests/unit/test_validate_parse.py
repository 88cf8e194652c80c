"""Canonical CSV bytes are parsed into exactly the texts and nulls that were written."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processor.errors import RowAccounting
from processor.model import Dialect, Field, Plan
from processor.validate import parse
from tests.columns import column

NASTY = st.text(st.sampled_from(list('a",;|\t\n\r\ufeffé\U0001f600 #\\')), max_size=6)


def plan(width: int, fields: list[int] | None = None, null_values: tuple[str, ...] = ()) -> Plan:
    columns = [column(name=f"c{place}") for place in range(width)]
    places = range(width) if fields is None else fields
    return Plan(
        width, tuple(Field(index=place, header=f"h{place}", column=columns[place]) for place in places), (), null_values
    )


def written(rows: list[list[str]], delimiter: str, line_end: str, everything: bool, last_end: bool) -> bytes:
    # Not by csv.writer, which leaves a lone CR unquoted before Python 3.13, although readers take it for a line end.
    def cell(text: str) -> str:
        if everything or len(rows[0]) == 1 or set(text) & set(f'{delimiter}"\r\n'):
            return '"' + text.replace('"', '""') + '"'
        return text

    text = line_end.join(delimiter.join(cell(text) for text in row) for row in rows)
    return (text + line_end if last_end else text).encode()


@settings(deadline=None)
@given(
    rows=st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(NASTY, min_size=width, max_size=width), min_size=1)),
    delimiter=st.sampled_from(",;|\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    everything=st.booleans(),
    last_end=st.booleans(),
)
@example([["\ufeffa"], ["b"]], ",", "\n", False, True)
@example([[""], ["\n"]], ",", "\r\n", True, False)
def test_parse_reads_what_was_written(rows, delimiter, line_end, everything, last_end):
    body = written(rows, delimiter, line_end, everything, last_end)
    quoted = everything or len(rows[0]) == 1
    expected = [tuple(cell if cell or quoted else None for cell in row) for row in rows]
    assert parse(body, plan(len(rows[0])), Dialect(delimiter=delimiter), len(rows)).rows() == expected


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_parse_reads_megabytes_of_quoted_lines(line_end):
    rows = [[f"{at}", f'x{line_end * (at % 7)}"{at}"{line_end}', "," * (at % 5) + "z"] for at in range(60_000)]
    body = written(rows, ",", line_end, False, True)
    assert len(body) > 2**20
    assert parse(body, plan(3), Dialect(), len(rows)).rows() == [tuple(row) for row in rows]


def test_unquoted_empty_field_is_null_and_quoted_one_is_empty_text():
    assert parse(b'a,,""\n,"",b', plan(3), Dialect(), 2).rows() == [("a", None, ""), (None, "", "b")]


def test_columns_are_named_and_ordered_by_the_plan():
    frame = parse(b"1,2,3\n4,5,6\n", plan(3, [2, 0]), Dialect(), 2)
    assert frame.to_dict(as_series=False) == {"c2": ["3", "6"], "c0": ["1", "4"]}


def test_null_values_are_null_quoted_or_not():
    frame = parse(b'NA,"NA",NAN\n\\N,"",-\n', plan(3, null_values=("NA", "\\N")), Dialect(), 2)
    assert frame.rows() == [(None, None, "NAN"), (None, "", "-")]


def test_quote_of_the_file_is_not_a_quote_in_canonical_bytes():
    assert parse(b"'a','b'\n", plan(2), Dialect(quote="'"), 1).rows() == [("'a'", "'b'")]


def test_no_expected_records_give_an_empty_frame():
    frame = parse(b"", plan(2), Dialect(), 0)
    assert (frame.height, frame.columns) == (0, ["c0", "c1"])


def test_parse_reads_two_thousand_columns():
    body = (",".join(str(place) for place in range(2000)) + "\n").encode() * 3
    frame = parse(body, plan(2000), Dialect(), 3)
    assert frame.rows() == [tuple(str(place) for place in range(2000))] * 3


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"a,b\nc,d\n", 3),
        (b"a,b\nc,d\n", 1),
        (b"a,b\n\nc,d\n", 2),
        (b"a,b\nc,d,secret\n", 2),
        (b'a,b\n"sec"ret,d\n', 2),
    ],
)
def test_rows_that_differ_from_the_records_are_an_error(body, expected):
    with pytest.raises(RowAccounting) as caught:
        parse(body, plan(2), Dialect(), expected)
    assert caught.value.code == "IJ902"
    assert "sec" not in caught.value.message
