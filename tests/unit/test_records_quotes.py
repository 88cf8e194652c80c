"""Stray quotes: which records are at fault, and where an unclosed field ends, however a text is divided."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from processor.model import Chunk, Dialect, FileLimits, Position
from processor.native import Care, RecordReader
from processor.records import closed, cut
from tests.property_examples import examples
from tests.unit.quote_reference import Record, Unclosed, read_text

LOOSE, IN_ORDER, WELL, STRICT = (
    Dialect(),
    Dialect(quote_order=0.6),
    Dialect(quote_order=0.95),
    Dialect(strict_quotes=True),
)
DIALECTS = [LOOSE, IN_ORDER, WELL, STRICT]
TEXTS = st.lists(
    st.sampled_from(['"', '"', ",", ",", "a", "5", " ", "\n", "\r\n", '""', '"a,b"', ',"', '",', "x\n", "1,b\n"]),
    max_size=40,
).map("".join)


def blocks_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def chunks_of(
    text: str, dialect: Dialect, width: int, *, block: int = 1000, chunk: int = 10_000, window: int = 1000
) -> list[Chunk]:
    blocks = blocks_of(text.encode(), block)
    return list(cut(blocks, dialect, Position(), FileLimits(), lambda _: chunk, window, width))


def records_of(chunks: list[Chunk]) -> list[tuple[int, int, int, int]]:
    """Return the start in the text, the line, the fields and the fault of each record."""
    return [
        (part.position.offset + int(part.starts[row]), int(part.lines[row]), int(part.fields[row]), fault_of(part, row))
        for part in chunks
        for row in range(part.records)
    ]


def fault_of(part: Chunk, row: int) -> int:
    return int(part.misquoted[row]) if part.misquoted.size else 0


def faults(text: str, dialect: Dialect, width: int = 0) -> list[int]:
    return [fault for *_, fault in records_of(chunks_of(text, dialect, width))]


@pytest.mark.parametrize(
    ("record", "by_care"),
    [
        ('1,"a,b","c ""d"""', (0, 0, 0, 0)),
        ('"x"y,1', (0, 0, 0, 1)),
        ('5" pipe,1', (0, 0, 0, 1)),
        ('1,5" pipe,6" pipe', (0, 0, 0, 2)),
        ('1, "x"', (0, 0, 0, 2)),
        ('"x" ,"y"', (0, 0, 0, 1)),
        ('4,he said "hi" to me', (0, 0, 0, 2)),
        ("6' 2\",1", (0, 0, 0, 1)),
        ('5½",1', (0, 0, 0, 1)),
        ('1,"$7,"Table, Round"', (2, 2, 2, 2)),
        ('"5" pipe, long",1', (1, 1, 1, 1)),
        ('1,"the "big" one"', (2, 2, 2, 2)),
        ('""x",1', (1, 1, 1, 1)),
        ('1,"a"b,c,5" d', (2, 2, 2, 2)),
        ('7"Table, Round",1', (0, 1, 1, 1)),
        ('1,5" pipe,6"', (0, 2, 2, 2)),
        ('""x,1', (0, 1, 1, 1)),
        ('1,Round"', (0, 0, 2, 2)),
        ('7"Table,1', (0, 0, 1, 1)),
        ('1,"a\nb" c', (2, 2, 2, 2)),
    ],
)
def test_a_record_is_at_fault_where_values_may_have_moved(record: str, by_care: tuple[int, ...]) -> None:
    for dialect, fault in zip(DIALECTS, by_care, strict=True):
        assert faults(f"a,b\n{record}\nc,d\n", dialect) == [0, fault, 0], dialect


@pytest.mark.parametrize(
    ("record", "fault"),
    [("Men's Boots,'a'", 0), ("'it's bad',x", 1), ("'Babe' Ruth,x", 0), ("'a' b,Men's", 0), ("'$7,'a, b'", 1)],
)
def test_an_apostrophe_within_a_word_is_text(record: str, fault: int) -> None:
    assert faults(f"{record}\n", Dialect(quote="'", quote_order=0.95)) == [fault]


@pytest.mark.parametrize(
    ("text", "lines", "at_fault"),
    [
        ('1,fine\n2,"starts\n3,ok\n4,he said "hi" to me\n5,ok\n', [1, 2, 3, 4, 5], [2]),
        ('1,"a\n2,"b\n3,c\n4,"d"\n', [1, 2, 3, 4], [1, 2]),
        ('"1","b\n"2","d"\n', [1, 2], [1]),
        ('1,"a\r\n2,"b, c"\r\n', [1, 2], [1]),
        ('1,"a\r2,"b, c"\r', [1, 2], [1]),
        ('1,"a\n\n2,"b\nc"\n3,d\n', [1, 3, 5], [1]),
        ('1,"a\n2,,\n3,"b"\n', [1, 2, 3], [1]),
        ('1,"a\n2,b\n3,b\n4,b\n5,b\n6,7" c\n', [1, 2, 3, 4, 5, 6], [1]),
        # The text behind the closing quote belongs to the field: nothing is read again.
        ('1,"many\nlines" x\n2,b\n', [1, 3], [1]),
        ('1,"many\nlines, with "quotes" x"\n2,b\n', [1, 3], [1]),
        ('1,"many\nlines, with"in"\n2,b\n', [1, 3], [1]),
        ('1,"many\nlines" ,\n2,b\n', [1, 3], []),
        ('"many\nlines",5" x\n2,b\n', [1, 3], []),
    ],
)
def test_a_field_that_is_never_closed_ends_with_its_line(text: str, lines: list[int], at_fault: list[int]) -> None:
    read = [(line, fault) for _, line, fields, fault in records_of(chunks_of(text, LOOSE, 2)) if fields]
    assert [line for line, _ in read] == lines
    assert [line for line, fault in read if fault] == at_fault


@pytest.mark.parametrize("dialect", DIALECTS, ids=["loose", "in order", "well in order", "strict"])
@given(TEXTS, st.integers(0, 4))
@settings(max_examples=examples(300), deadline=None)
def test_records_and_faults_are_those_of_the_simple_reader(dialect: Dialect, text: str, width: int) -> None:
    try:
        expected = read_text(text, width, DIALECTS.index(dialect))
    except Unclosed:
        assume(False)
    data, reader = np.frombuffer(text.encode(), np.uint8), reader_for(dialect, width)
    found = reader.read(data, final=True)
    assume(found.ends.size < data.size // 8 + 256)
    vectors = (found.ends, found.nexts, found.fields, found.faults)
    starts = [0, *found.nexts.tolist()[:-1]][: found.nexts.size]
    assert [
        Record(*values) for values in zip(starts, *(vector.tolist() for vector in vectors), strict=True)
    ] == expected


def reader_for(dialect: Dialect, width: int) -> RecordReader:
    return RecordReader(ord(","), ord('"'), care=Care(DIALECTS.index(dialect)), width=width)


@given(TEXTS, st.integers(0, 4), st.integers(1, 20), st.sampled_from([1, 3, 8, 30]), st.sampled_from([1, 2, 7, 1000]))
@settings(max_examples=examples(400), deadline=None)
def test_nothing_depends_on_blocks_chunks_and_windows(
    text: str, width: int, block: int, chunk: int, window: int
) -> None:
    try:
        read_text(text, width, 2)
    except Unclosed:
        assume(False)
    whole = chunks_of(text, WELL, width)
    parts = chunks_of(text, WELL, width, block=block, chunk=chunk, window=window)
    assert records_of(parts) == records_of(whole)
    assert b"".join(part.data for part in parts) == text.encode()
    for part in parts:  # an attempt that goes on behind a committed chunk reads the same rest
        rest = list(
            cut([text.encode()[part.next.offset :]], WELL, part.next, FileLimits(), lambda _: 10_000, width=width)
        )
        assert records_of(rest) == [record for record in records_of(whole) if record[0] >= part.next.offset]


def test_an_unclosed_field_over_the_limit_is_one_oversized_record() -> None:
    rows = b"".join(b"%d,b\n" % number for number in range(100))
    text = b'1,"a\n' + rows + b'2,"b"\n3,c\n'
    for limits, records, oversized in ((FileLimits(record_bytes=100), 2, True), (FileLimits(), 103, False)):
        chunks = list(cut([text], LOOSE, Position(), limits, lambda _: 30, width=2))
        assert sum(part.records for part in chunks) == records
        assert bool(chunks[0].oversized[0]) is oversized


def test_space_before_a_quote_is_passed_over() -> None:
    text = '1, "x, y"\n \t"2",  "z"\n3, z\n  "4, "5"\n'
    spaced = Dialect(skip_initial_space=True, strict_quotes=True)
    assert [record[2:] for record in records_of(chunks_of(text, spaced, 2))] == [(2, 0), (2, 0), (2, 0), (1, 1)]
    assert [record[2] for record in records_of(chunks_of(text, LOOSE, 2))] == [3, 2, 2, 2]


@pytest.mark.parametrize(
    ("record", "whole", "escape"),
    [('1,"a', '1,"a"', None), ('1,"a""', '1,"a"""', None), ('1,"a"b', '1,"a"b', None), ('1,"a\\', '1,"a\\\\"', "\\")],
)
def test_a_record_is_closed_where_its_last_quote_is_open(record: str, whole: str, escape: str | None) -> None:
    assert closed(record, Dialect(escape=escape)) == whole
