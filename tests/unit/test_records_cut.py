"""`cut` agrees with Python's csv reader, for any sizes of blocks and chunks."""

import csv
import io
import os
import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor import errors
from processor.model import Chunk, Dialect, FileLimits, Position
from processor.records import canonical_csv, cut

EXAMPLES = 20_000 if os.environ.get("IMPORT_JOBS_NIGHTLY") else 200
DIALECTS = [
    Dialect(delimiter=delimiter, quote=quote, escape=escape)
    for delimiter in (",", ";", "\t", "|", ":")
    for quote in ('"', "'", None)
    for escape in (None, "\\")
]


def python_rows(text: str, dialect: Dialect) -> list[list[str]]:
    csv.field_size_limit(1 << 30)
    quoting = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    return list(
        csv.reader(
            io.StringIO(text, newline=""),
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape,
            quoting=quoting,
        )
    )


def with_text_escapes(text: str, dialect: Dialect) -> str:
    """Double the escapes that stand before no mark: Python's reader removes an escape before any character."""
    marks = f"{dialect.delimiter}{dialect.quote or ''}\\\\\r\n"
    return re.sub(rf"(\\[{marks}])|\\", lambda match: match[1] or "\\\\", text) if dialect.escape else text


def ends_inside_quotes(text: str, dialect: Dialect) -> bool:
    """Return whether a record that is appended to the text is not separate; one of the two line ends may be escaped."""
    return bool(text) and python_rows(text + "\n\nEND", dialect)[-1] != ["END"]


def blocks_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def chunks_of(text: str, dialect: Dialect, block: int, chunk: int, window: int = 1000) -> list[Chunk]:
    return list(cut(blocks_of(text.encode(), block), dialect, Position(), FileLimits(), lambda _: chunk, window))


windows = st.sampled_from([1, 2, 7, 1000])


@st.composite
def texts(draw: st.DrawFn, given_dialect: Dialect | None = None) -> tuple[str, Dialect]:
    dialect = given_dialect or draw(st.sampled_from(DIALECTS))
    quote = dialect.quote or '"'
    pieces = [
        dialect.delimiter,
        "\n",
        "\r\n",
        "\r",
        "a",
        "é",
        quote,
        '"',
        " ",
        "\\",
        "\0",
        f"{quote}x{quote}",
        f"{quote * 2}",
    ]
    chosen = draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=9, unique=True))
    return "".join(draw(st.lists(st.sampled_from(chosen), max_size=60))), dialect


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda value: f"{value.delimiter!r} {value.quote} {value.escape}")
@given(st.data(), st.integers(1, 20), st.sampled_from([1, 2, 3, 5, 8, 13, 21, 1000]), windows)
@settings(max_examples=max(EXAMPLES // 4, 50), deadline=None)
def test_records_and_fields_are_those_of_python(
    dialect: Dialect, data: st.DataObject, block: int, chunk: int, window: int
) -> None:
    text, _ = data.draw(texts(dialect))
    if ends_inside_quotes(text, dialect):
        with pytest.raises(errors.UnclosedQuote):
            chunks_of(text, dialect, block, chunk, window)
        return
    chunks = chunks_of(text, dialect, block, chunk, window)
    assert b"".join(part.data for part in chunks) == text.encode()
    assert [int(fields) for part in chunks for fields in part.fields] == [
        len(row) for row in python_rows(text, dialect)
    ]


@given(texts(), st.sampled_from([1, 5, 1000]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_canonical_records_have_the_values_of_python(case: tuple[str, Dialect], chunk: int) -> None:
    text, dialect = case
    # The byte after a closing quote is never an escape, which makes the next escape one of another byte.
    after_quote = f"{dialect.quote}\\" in text
    if ends_inside_quotes(text, dialect) or (dialect.escape and (text.endswith("\\") or after_quote)):
        return
    canonical = Dialect(delimiter=dialect.delimiter)
    rows = [
        row
        for part in chunks_of(text, dialect, 1000, chunk)
        for row in csv.reader(
            io.StringIO(canonical_csv(part, ~part.blank, dialect).decode(), newline=""),
            delimiter=canonical.delimiter,
            strict=True,
        )
    ]
    assert rows == [row for row in python_rows(with_text_escapes(text, dialect), dialect) if row]


@given(texts(), st.integers(1, 20), st.sampled_from([1, 3, 8, 1000]), windows)
@settings(max_examples=EXAMPLES, deadline=None)
def test_masks_and_lines_do_not_depend_on_chunks(
    case: tuple[str, Dialect], block: int, chunk: int, window: int
) -> None:
    text, dialect = case
    if ends_inside_quotes(text, dialect):
        return
    small, whole = chunks_of(text, dialect, block, chunk, window), chunks_of(text, dialect, 10_000, 10_000)
    for name in ("lines", "irregular", "nul", "blank", "oversized", "fields"):
        joined = [np.concatenate([getattr(part, name) for part in parts] or [np.empty(0)]) for parts in (small, whole)]
        assert joined[0].tolist() == joined[1].tolist(), name
    if small:
        assert (small[-1].next.offset, small[-1].next.line, small[-1].next.record) == (
            whole[-1].next.offset,
            whole[-1].next.line,
            whole[-1].next.record,
        )


@given(texts())
@settings(max_examples=EXAMPLES, deadline=None)
def test_lines_are_those_of_python(case: tuple[str, Dialect]) -> None:
    text, dialect = case
    if ends_inside_quotes(text, dialect):
        return
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )
    starts = [1]
    starts += [reader.line_num + 1 for _ in reader]
    assert [int(line) for part in chunks_of(text, dialect, 1000, 10) for line in part.lines] == starts[:-1]


@given(texts(), st.sampled_from([1, 4, 9]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_chunk_ends_at_the_last_record_end_in_its_bytes(case: tuple[str, Dialect], chunk: int) -> None:
    text, dialect = case
    if ends_inside_quotes(text, dialect):
        return
    whole = chunks_of(text, dialect, 1000, 10_000)
    ends = [] if not whole else [*whole[0].starts[1:].tolist(), len(whole[0].data)]
    expected, at = [], 0
    while at < (ends[-1] if ends else 0):
        within = [end for end in ends if at < end <= at + chunk]
        at = within[-1] if within else next(end for end in ends if end > at)
        expected.append(at)
    assert [part.next.offset for part in chunks_of(text, dialect, 3, chunk)] == expected
