"""The exact reader of records: the same records however the text is divided, and those of Python's csv reader."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.native import Care, RecordReader
from tests.property_examples import examples
from tests.unit.protected_memory import protected_bytes, run_in_process

TEXTS = st.text('a,"\\#\r\n', max_size=60)


def as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def reader(marks: str) -> RecordReader:
    return RecordReader(*(ord(mark) if mark != " " else -1 for mark in marks))


def read_whole(text: str, marks: str) -> list[tuple[int, ...]]:
    """Return end, next, fields, longest field and irregularity of each record of a whole text."""
    found = reader(marks).read(as_bytes(text), final=True)
    vectors = (found.ends, found.nexts, found.fields, found.longest, found.irregular)
    return list(zip(*(vector.tolist() for vector in vectors), strict=True))


@given(TEXTS, st.sampled_from([",   ", ',"  ', ',"\\ ', ',"\\#', ',"" ', '," #']), st.integers(1, 9))
@settings(max_examples=examples(500), deadline=None)
def test_pieces_of_any_size_give_the_records_of_the_whole(text: str, marks: str, size: int) -> None:
    data, one = as_bytes(text), reader(marks)
    at, offset, records = 0, 0, list[tuple[int, ...]]()
    rest = np.empty(0, np.uint8)
    while at < data.size or rest.size:
        piece = np.concatenate([rest, data[at : at + size]])
        at += size
        found = one.read(piece, final=at >= data.size)
        vectors = (found.ends + offset, found.nexts + offset, found.fields, found.longest, found.irregular)
        records += zip(*(vector.tolist() for vector in vectors), strict=True)
        offset, rest = offset + one.used, piece[one.used :]
    assert records == read_whole(text, marks)


@given(TEXTS)
@settings(max_examples=examples(500), deadline=None)
def test_the_fields_are_those_of_the_csv_module(text: str) -> None:
    found = reader(',"\\ ').read(as_bytes(text), final=True)
    # csv ends a record that a quote or an escape holds open; the exact reader leaves it out.
    rows = list(csv.reader(io.StringIO(text, newline=""), escapechar="\\"))
    assert found.fields.tolist() == [len(row) for row in rows][: found.fields.size]


@pytest.mark.parametrize("text", ['"', '"a', 'a,"b\n', '"a""', '"\\'])
def test_a_quote_that_is_still_open_is_known_with_its_line(text: str) -> None:
    one = reader(',"\\ ')
    assert (one.read(as_bytes("x\n" + text), final=True).fields.tolist(), one.opened) == ([1], 1)


def test_very_short_records_fill_the_room_before_the_window_ends() -> None:
    data, one = as_bytes("\n" * 10_000), reader(',"  ')
    found = one.read(data, final=True)
    assert (found.ends.size, one.used) == (10_000 // 8 + 256,) * 2


def edges_of_reading() -> None:
    texts = [
        b'1,"a\n2,"b\n3,5" c"d\n',
        b'1,"a\r\n\r\n2,b\r\n3,c\r\n4,"d" e\r\n' * 3,
        b'""x"\n' * 9,
        b' "a" \n"b"\t,' * 5,
    ]
    for text in texts:
        for size in range(len(text) + 1):
            for at_start in (False, True):
                data = protected_bytes(text[:size], at_start=at_start)
                for final in (False, True):
                    for width in (0, 1, 2, 3):
                        one = RecordReader(ord(","), ord('"'), care=Care.STRICT, skips_space=True, width=width)
                        assert one.read(data, final=final).ends.size <= size


def test_no_memory_outside_of_the_window_is_accessed() -> None:
    assert run_in_process(edges_of_reading) == 0
