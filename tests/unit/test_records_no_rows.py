"""Records of nothing but delimiters, and the last records of a file, are no rows, wherever the chunks end."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import records
from processor.errors import BadOption
from processor.model import Chunk, Dialect, FileLimits, NoRows, Position

#: Records as the text of a file has them, and whether each would be a row.
KINDS = (
    ("1,x", True),
    ('"",""', True),
    (",", False),
    (",,,", False),
    ("", False),
    ("# note", False),
    ('"a\nb",2', True),
)
FILES = st.lists(st.sampled_from(KINDS), max_size=30)


def chunks_of(text: str, dialect: Dialect, size: int) -> list[Chunk]:
    cut = records.cut([text.encode()], dialect, Position(), FileLimits(), lambda _: size)
    return list(records.with_footer(cut, dialect))


def skipped_in(chunks: list[Chunk], dialect: Dialect) -> list[bool]:
    """Return for each record whether it is skipped."""
    return list(chain.from_iterable(records.without_no_rows(chunk, dialect)[0].blank.tolist() for chunk in chunks))


@given(FILES, st.integers(0, 8), st.integers(1, 60))
def test_the_last_rows_are_the_footer_wherever_chunks_end(lines: list[tuple[str, bool]], footer: int, size: int):
    dialect = Dialect(comment="#", how={"comment": "given"}, skip_footer=footer)
    rows = [place for place, (_, is_row) in enumerate(lines) if is_row]
    first = (rows[-footer] if footer <= len(rows) else 0) if footer else len(lines)
    chunks = chunks_of("".join(f"{line}\n" for line, _ in lines), dialect, size)
    expected = [place >= first or not is_row for place, (_, is_row) in enumerate(lines)]
    assert skipped_in(chunks, dialect) == expected
    # An attempt that resumes marks the same records.
    for place in range(1, len(chunks)):
        text = b"".join(chunk.data for chunk in chunks[place:])
        cut = records.cut([text], dialect, chunks[place].position, FileLimits(), lambda _: size)
        again = list(records.with_footer(cut, dialect))
        assert [chunk.footer for chunk in again] == [chunk.footer for chunk in chunks[place:]]


@pytest.mark.parametrize(
    ("text", "dialect", "empty"),
    [
        ("1;2\n;\n;;;;\n", Dialect(delimiter=";"), [False, True, True]),
        ("1||2\n||\n|||\n||||\n", Dialect(delimiter="||"), [False, True, False, True]),
        ("1\t2\r\n\t\r\n", Dialect(delimiter="\t"), [False, True]),
        ('"",""\n,""\n , \n\\,\n\\\\\n', Dialect(escape="\\"), [False] * 5),
        (",\n,,\n", Dialect(delimiter=None), [False, False]),
        (",\n1,2\n", Dialect(skip_empty_rows=False), [False, False]),
    ],
)
def test_records_of_nothing_but_delimiters_are_no_rows(text: str, dialect: Dialect, empty: list[bool]):
    chunks = chunks_of(text, dialect, 1000)
    assert skipped_in(chunks, dialect) == empty
    assert records.without_no_rows(chunks[0], dialect)[1] == NoRows(sum(empty))


def test_a_footer_of_too_many_bytes_has_a_code():
    dialect, large = Dialect(skip_footer=20), ("x" * (5 << 20) + "\n").encode()
    cut = records.cut(iter([large] * 16), dialect, Position(), FileLimits(), lambda _: 1)
    with pytest.raises(BadOption):
        list(records.with_footer(cut, dialect))
