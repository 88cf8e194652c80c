"""Limits of records and fields, the masks of a chunk, and the line that an unclosed quote is reported for."""

import pytest

from processor import errors
from processor.model import Chunk, Dialect, FileLimits, Position
from processor.records import cut

SMALL = FileLimits(record_bytes=100, field_bytes=20)


def chunks_of(
    data: bytes, dialect: Dialect | None = None, *, size: int = 1000, limits: FileLimits | None = None
) -> list[Chunk]:
    blocks = (data[at : at + 7] for at in range(0, len(data), 7))
    return list(cut(blocks, dialect or Dialect(), Position(), limits or FileLimits(), lambda _: size))


def marked(chunks: list[Chunk], name: str) -> list[bool]:
    return [bool(mark) for chunk in chunks for mark in getattr(chunk, name)]


def test_an_empty_text_has_no_chunk() -> None:
    assert chunks_of(b"") == []


def test_positions_continue_from_the_given_one() -> None:
    start = Position(offset=50, line=3, record=2, seq=4)
    first, second = cut([b"a\nb\n", b"c\n"], Dialect(), start, FileLimits(), lambda at: 4 if at.seq == 4 else 100)
    assert first.position == start
    assert first.next == second.position == Position(offset=54, line=5, record=4, seq=5)
    assert second.next == Position(offset=56, line=6, record=5, seq=6)


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize("block", [1, 3, 1000])
def test_an_unclosed_quote_is_reported_where_it_opens(size: int, block: int) -> None:
    data = b'a,b\n"x\ny",c\r\n1,2\r"z\nmore\n'
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    with pytest.raises(errors.UnclosedQuote, match="line 5 "):
        list(cut(blocks, Dialect(), Position(), FileLimits(), lambda _: size))


def test_an_unclosed_quote_in_a_later_field_of_a_record_with_newlines() -> None:
    with pytest.raises(errors.UnclosedQuote, match="line 3 "):
        chunks_of(b'1,2\n"a\nb","c\nd\n')


@pytest.mark.parametrize("size", [1, 30, 10_000])
@pytest.mark.parametrize(
    ("inside", "escape"),
    [
        (b"x" * 999, None),
        (b'""' * 499, None),
        (b"a\r\n" * 333, None),
        (b"\r" * 500, None),
        (b'"",\n' * 200, None),
        (b'\\"' * 300, "\\"),
        (b"\\\\" * 300, "\\"),
    ],
)
def test_a_quote_still_open_at_the_limit_is_one_oversized_record(size: int, inside: bytes, escape: str | None) -> None:
    data = b'1,2\n3,"' + inside + b'",z\n5,6\n'
    chunks = chunks_of(data, Dialect(escape=escape), size=size, limits=SMALL)
    assert marked(chunks, "oversized") == [False, True, False]
    assert [int(n) for chunk in chunks for n in chunk.fields] == [2, 3, 2]
    inner = inside.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
    assert [int(n) for chunk in chunks for n in chunk.lines] == [1, 2, 3 + inner]
    assert chunks[-1].next.offset == len(data)


@pytest.mark.parametrize("size", [1, 30, 10_000])
def test_a_quote_that_never_closes_is_reported_where_it_opens_far_beyond_the_limit(size: int) -> None:
    with pytest.raises(errors.UnclosedQuote, match="line 3 "):
        chunks_of(b'1,2\n"a\nb","' + b"x\n" * 2000, size=size, limits=SMALL)


@pytest.mark.parametrize("size", [1, 30, 10_000])
def test_a_record_over_the_limit_is_one_oversized_record(size: int) -> None:
    data = b"1,2\n" + b"x," * 200 + b"y\n3,4\n"
    chunks = chunks_of(data, size=size, limits=SMALL)
    assert marked(chunks, "oversized") == [False, True, False]
    assert [int(n) for chunk in chunks for n in chunk.fields] == [2, 201, 2]
    assert [int(n) for chunk in chunks for n in chunk.lines] == [1, 2, 3]
    assert chunks[-1].next == Position(len(data), 4, 4, len(chunks))


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("body", [b"x" * 999, b"a,b" * 333, b'aaaaa,"b\nb"' * 90, b"\xc3\xa9" * 300])
def test_an_oversized_record_is_counted_but_only_its_beginning_is_kept(body: bytes, ending: bytes) -> None:
    *_, last = chunks_of(b"1\n" + body + ending, size=3, limits=SMALL)
    assert last.records == 1
    assert last.oversized.tolist() == [True]
    assert len(last.data) <= 100
    assert last.next.offset == 2 + len(body + ending)
    assert last.next.line == 3 + body.count(b"\n")


def test_an_oversized_record_with_an_unclosed_quote_beyond_the_limit() -> None:
    with pytest.raises(errors.UnclosedQuote, match="line 2 "):
        chunks_of(b"1\n" + b"x," * 200 + b'"open', size=3, limits=SMALL)


def test_a_record_of_exactly_the_limit_is_not_oversized() -> None:
    limits = FileLimits(record_bytes=100, field_bytes=100)
    for ending in (b"\n", b"\r\n", b"\r", b""):
        chunks = chunks_of(b"x" * 100 + ending, size=10, limits=limits)
        assert marked(chunks, "oversized") == [False]


@pytest.mark.parametrize(("field", "over"), [(b"x" * 20, False), (b"x" * 21, True), (b'"' + b"y," * 9 + b'"', False)])
def test_a_field_over_the_limit_is_oversized(field: bytes, over: bool) -> None:
    chunks = chunks_of(b"aaaaaaaaaa,bbbbbbbbbb," + field + b",c\n1,2\n", limits=SMALL)
    assert marked(chunks, "oversized") == [over, False]


def test_a_nul_marks_its_record() -> None:
    assert marked(chunks_of(b"a\0\nb\n\0c\nd,\0"), "nul") == [True, False, True, True]


def test_blank_lines_and_comments_are_blank_records() -> None:
    dialect = Dialect(comment="#")
    chunks = chunks_of(b'# it\'s "so\n\na,b\n#\n 1,#2\n\r\n# last "', dialect)
    assert marked(chunks, "blank") == [True, True, False, True, False, True, True]
    assert [int(line) for chunk in chunks for line in chunk.lines] == [1, 2, 3, 4, 5, 6, 7]


def test_a_comment_mark_inside_a_quoted_field_is_text() -> None:
    chunks = chunks_of(b'"a\n#b",c\n#"\n', Dialect(comment="#"))
    assert [int(n) for chunk in chunks for n in chunk.fields] == [2, -1]


def test_irregular_quotes_are_marked() -> None:
    data = b'a,b\n5" x,y\n"a"b,c\n"a ""b""",c\n "d",e\n"f" ,g\n'
    assert marked(chunks_of(data), "irregular") == [False, True, True, False, True, True]
