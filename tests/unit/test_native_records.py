"""`find_records` agrees with Python's csv reader wherever quotes are regular, and for any part of a text."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.native import find_records
from processor.native.library import KERNELS
from tests.property_examples import examples
from tests.unit.protected_memory import protected_array, protected_bytes, run_in_process

PIECES = ["a", ",", ",", '"', '"', '"a,b"', '"c\r\nd"', '"\n"', '""', "\n", "\r\n", "\n\n", "é" * 9, "x" * 61]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
Record = tuple[int, int, int, int]


def records_of(text: str, quote: str | None = '"', *, final: bool = True) -> list[Record] | None:
    """Return the end, the next start, the fields and the line ends so far of each record."""
    data = np.frombuffer(text.encode(), np.uint8)
    records = find_records(data, ord(","), None if quote is None else ord(quote), final=final)
    return None if records is None else list(zip(*(values.tolist() for values in records), strict=True))


def expected(text: str, quote: str | None = '"') -> list[Record]:
    """Return what Python's reader finds; it takes one line at a time, so that `line_num` tells where a record ends."""
    lines = text.splitlines(keepends=True) if "\r" not in text else list(io.StringIO(text, newline="\n"))
    quoting = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    reader = csv.reader(iter(lines), quotechar=quote, quoting=quoting, strict=True)
    records, taken, line = list[Record](), 0, 0
    for row in reader:
        whole = "".join(lines[line : reader.line_num])
        taken, line = taken + len(whole.encode()), reader.line_num
        records.append((taken - (len(whole) - len(whole.rstrip("\r\n"))), taken, len(row), line))
    return records


@given(TEXTS)
@settings(max_examples=examples(1000), deadline=None)
def test_records_are_those_of_python_or_not_regular(text: str) -> None:
    records = records_of(text)
    if records is None:
        assert '"' in text
        return
    try:
        assert records == expected(text)
    except csv.Error:  # the last quoted field is not closed, so that its record is not returned
        whole = text.encode()[: records[-1][1] if records else 0].decode()
        assert records == expected(whole)


@given(TEXTS)
@settings(max_examples=examples(300), deadline=None)
def test_without_a_quote_every_line_is_a_record(text: str) -> None:
    assert records_of(text, None) == expected(text, None)


@given(TEXTS, st.integers(0, 300))
@settings(max_examples=examples(500), deadline=None)
def test_a_part_of_a_text_has_the_records_that_end_in_it(text: str, size: int) -> None:
    whole, part = records_of(text), text.encode()[:size].decode(errors="ignore")
    records = records_of(part, final=False)
    if whole is not None and records is not None:
        assert records == [record for record in whole if record[0] < record[1] <= len(part.encode())]
    elif whole is not None:
        assert "\r" in part[-1:]  # half of a CRLF


@pytest.mark.parametrize("text", ["a\r", "a\rb\n", "\r", 'a"b\n', '"a"b\n', '"a" \n', '"a\rb"\n', 'a,""b\n', '"a"\r'])
def test_irregular_quotes_and_lone_crs_return_none(text: str) -> None:
    assert records_of(text) is None


@pytest.mark.parametrize("quote", ['"', None])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 63, 64, 65, 128, 1000])
def test_each_empty_line_is_a_record(quote: str | None, size: int) -> None:
    assert records_of("\n" * size, quote) == [(at, at + 1, 0, at + 1) for at in range(size)]


def test_a_record_without_a_line_end_counts_only_at_the_end_of_the_text() -> None:
    for text in ("a,b", '"a",b', 'a,"b"', '""'):
        assert records_of(text, final=False) == []
        assert records_of(text) == [(len(text), len(text), text.count(",") + 1, 1)]


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
            data = protected_bytes(text[:size])
            for space in (0, 1, size // 3, size):
                ends, nexts, lines = (protected_array(space, np.int64) for _ in range(3))
                fields = protected_array(space, np.int32)
                for quote in b'",':
                    for final in (False, True):
                        count = KERNELS.ij_find_records(
                            *(data.ctypes.data, size, final, ord(","), quote, ends.ctypes.data, nexts.ctypes.data),
                            *(fields.ctypes.data, lines.ctypes.data, space),
                        )
                        assert -2 <= count <= space
                        assert space < size or count != -2


def test_no_memory_outside_of_window_and_arrays_is_accessed() -> None:
    assert run_in_process(edges_of_records) == 0
