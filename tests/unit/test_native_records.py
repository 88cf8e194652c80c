"""Regular records are found where Python's csv reader ends them, however much of them is there."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.native import find_records
from processor.native.library import KERNELS
from tests.unit.last_page import ends_well, placed, room

PIECES = ["a", ",", ",", '"', '"', '"a,b"', '"c\r\nd"', '"\n"', '""', "\n", "\r\n", "\n\n", "é" * 9, "x" * 61]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
Record = tuple[int, int, int, int]


def found(text: str, quote: str | None = '"', *, final: bool = True) -> list[Record] | None:
    """Return end, next, fields and lines of each record."""
    data = np.frombuffer(text.encode(), np.uint8)
    records = find_records(data, ord(","), None if quote is None else ord(quote), final=final)
    return None if records is None else list(zip(*(each.tolist() for each in records), strict=True))


def expected(text: str, quote: str | None = '"') -> list[Record]:
    """Return what Python finds; the reader is asked for one line at a time, so that it tells where a record ends."""
    lines = text.splitlines(keepends=True) if "\r" not in text else list(io.StringIO(text, newline="\n"))
    how = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    reader = csv.reader(iter(lines), quotechar=quote, quoting=how, strict=True)
    records, taken, line = list[Record](), 0, 0
    for row in reader:
        whole = "".join(lines[line : reader.line_num])
        taken, line = taken + len(whole.encode()), reader.line_num
        records.append((taken - (len(whole) - len(whole.rstrip("\r\n"))), taken, len(row), line))
    return records


@given(TEXTS)
@settings(max_examples=1000, deadline=None)
def test_records_are_those_of_python_or_none(text: str) -> None:
    records = found(text)
    if records is None:
        assert '"' in text
        return
    try:
        assert records == expected(text)
    except csv.Error:  # the last field's quotes stay open: nothing is said of its record
        whole = text.encode()[: records[-1][1] if records else 0].decode()
        assert records == expected(whole)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_without_a_quote_every_line_is_a_record(text: str) -> None:
    assert found(text, None) == expected(text, None)


@given(TEXTS, st.integers(0, 300))
@settings(max_examples=500, deadline=None)
def test_a_window_that_is_cut_off_has_the_records_that_end_in_it(text: str, size: int) -> None:
    whole, part = found(text), text.encode()[:size].decode(errors="ignore")
    records = found(part, final=False)
    if whole is not None and records is not None:
        assert records == [each for each in whole if each[0] < each[1] <= len(part.encode())]
    elif whole is not None:
        assert "\r" in part[-1:]  # half of a line end


@pytest.mark.parametrize("text", ["a\r", "a\rb\n", "\r", 'a"b\n', '"a"b\n', '"a" \n', '"a\rb"\n', 'a,""b\n', '"a"\r'])
def test_odd_quotes_and_lone_returns_are_left_to_others(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize("quote", ['"', None])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 63, 64, 65, 128, 1000])
def test_empty_lines_are_as_many_as_there_are(quote: str | None, size: int) -> None:
    assert found("\n" * size, quote) == [(at, at + 1, 0, at + 1) for at in range(size)]


def test_the_last_record_counts_only_where_the_text_ends() -> None:
    for text in ("a,b", '"a",b', 'a,"b"', '""'):
        assert found(text, final=False) == []
        assert found(text) == [(len(text), len(text), text.count(",") + 1, 1)]


def edges_of_records() -> None:
    texts = [
        b'a,"b\r\n"\r\n' * 20,
        b'"",""\n' * 30,
        b'"' * 130,
        b"\n" * 130,
        b"," * 130,
        b"\r\n" * 70,
        b"x" * 129 + b'\n"',
    ]
    for text in texts:
        for size in range(len(text) + 1):
            data = placed(text[:size])
            for space in (0, 1, size // 3, size):
                ends, nexts, lines = (room(space, np.int64) for _ in range(3))
                fields = room(space, np.int32)
                for quote in b'",':
                    for final in (False, True):
                        count = KERNELS.find_records(
                            *(data.ctypes.data, size, final, ord(","), quote, ends.ctypes.data, nexts.ctypes.data),
                            *(fields.ctypes.data, lines.ctypes.data, space),
                        )
                        assert -2 <= count <= space
                        assert space < size or count != -2


def test_nothing_outside_of_window_and_vectors_is_touched() -> None:
    assert ends_well(edges_of_records) == 0
