"""`detect` finds the dialect in which a table was written, and a sample may end anywhere."""

import csv
import gzip
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from processor import dialect as dialects
from processor.errors import AmbiguousDialect, BadOption, EmptyFile, JobError, NoDataRows, UnclosedQuote
from processor.model import Dialect, Position
from tests.property_examples import examples

WORDS = st.sampled_from(
    ["Ana", "12", "3.5", "2026-01-31", "x y", "a, b", "it's", 'say "hi"', "", "Zoë", "a;b", "1,5", "12:30", "l1\nl2"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=3, max_size=12))
    return [[f"col_{letter}" for letter in "abcde"[:width]], *rows]


@given(tables(), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=examples(300), deadline=None)
def test_the_dialect_of_a_written_table_is_detected_or_ambiguous(
    table: list[list[str]], delimiter: str, line_end: str, quote_all: bool
) -> None:
    file = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(table)
    try:
        dialect = dialects.detect(file.getvalue().encode(), True, {})
    except AmbiguousDialect:
        assume(False)
        return
    read = list(
        csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote)
    )
    assert (dialect.delimiter, read) == (delimiter, table)


def test_a_sample_may_end_anywhere() -> None:
    text = "id;nome;nota\r\n" + "".join(f'{n};"São ""{n}""\nx";é{n}\r\n' for n in range(200))
    data = text.encode()
    for size in range(30, len(data), 7):
        dialect = dialects.detect(data[:size], False, {})
        assert (dialect.delimiter, dialect.quote, dialect.encoding, dialect.has_header) == (";", '"', "utf-8", True)
        assert dialects.read_header(data[:size], dialect) == (["id", "nome", "nota"], Position(offset=14, line=2))


@pytest.mark.parametrize("size", [200, 401, 2000])
def test_a_compressed_sample_may_end_anywhere(size: int) -> None:
    data = gzip.compress(b"id,name\n" + b"".join(b"%d,n%d\n" % (n, n * 7919 % 1000) for n in range(2000)))
    dialect = dialects.detect(data[:size], False, {})
    assert (dialect.compression, dialect.delimiter) == ("gzip", ",")
    assert dialects.read_header(data[:size], dialect)[0] == ["id", "name"]


def test_a_header_longer_than_the_sample_is_an_unclosed_quote() -> None:
    with pytest.raises(UnclosedQuote):
        dialects.detect(b'a,"' + b"x\n" * 1000, False, {})


def test_rows_may_follow_the_sample() -> None:
    assert dialects.detect(b"a,b\n", False, {}).delimiter == ","
    with pytest.raises(NoDataRows):
        dialects.detect(b"a,b\n", True, {})


def test_the_dialect_says_how_each_part_was_decided() -> None:
    dialect = dialects.detect(b"# x\na;b\n1;2\n", True, {"comment": "#", "encoding": "utf-8"})
    assert dialect.how == {
        "encoding": "given",
        "delimiter": "found",
        "quote": "default",
        "escape": "default",
        "comment": "given",
        "skip_lines": "default",
        "has_header": "default",
        "compression": "default",
        "line_end": "found",
    }


@pytest.mark.parametrize(
    ("word", "mark"),
    [("tab", "\t"), ("comma", ","), ("semicolon", ";"), ("pipe", "|"), ("colon", ":"), ("space", " ")],
)
def test_the_delimiter_may_be_given_as_a_word(word: str, mark: str) -> None:
    dialect = dialects.detect(b"a,b;c\n1,2;3\n", True, {"delimiter": word})
    assert (dialect.delimiter, dialect.how["delimiter"]) == (mark, "given")


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": ""},
        {"delimiter": "a"},
        {"delimiter": "§"},
        {"delimiter": "Tab"},
        {"quote": "ab"},
        {"quote": "none"},
        {"escape": "/"},
        {"encoding": "rot13"},
        {"encoding": "hex"},
        {"delimiter": "#", "comment": "#"},
        {"compression": "7z"},
    ],
)
def test_impossible_options_are_errors(options: dict[str, str]) -> None:
    with pytest.raises(BadOption):
        dialects.detect(b"a,b\n1,2\n", True, options)


@given(st.text(alphabet="ab1,;\t|:\"'\\#\n\r é", max_size=120), st.booleans())
@settings(max_examples=examples(400), deadline=None)
def test_any_text_has_a_dialect_or_a_code(text: str, complete: bool) -> None:
    data = text.encode()
    try:
        dialect = dialects.detect(data, complete, {})
    except JobError as error:
        assert error.code in ("IJ301", "IJ302", "IJ303", "IJ305", "IJ309")  # noqa: PT017
        return
    assert isinstance(dialect, Dialect)
    header, first = dialects.read_header(data, dialect)
    assert header
    assert first.offset <= len(data)


@pytest.mark.parametrize("mark", [";", "\t", "^", "\x01"])
def test_a_sep_line_sets_the_delimiter(mark: str) -> None:
    lines = f"sep={mark}\nid{mark}name\n1{mark}x\n2{mark}y\n"
    assert dialects.detect(lines.encode(), True, {}).delimiter == mark


@pytest.mark.parametrize("mark", ["§", "\u2014", "é", "\U0001f600"])
def test_a_sep_line_sets_only_ascii_delimiters(mark: str) -> None:
    lines = f"sep={mark}\nid{mark}name\n1{mark}x\n2{mark}y\n"
    assert dialects.detect(lines.encode(), True, {}).delimiter.isascii()


TEXTS = (
    "a,b\n1,2\n3,4\n",
    "a;b\n#x\n1;2\n",
    "'a'|b\n'1'|2\n'3'|4\n",
    "a\\,b,c\n1\\\\,2,3\n",
    "sep=#\na#b\n1#2\n",
    "sep='\na'b\n1'2\n",
)
OTHER_MARKS = [chr(code) for code in range(1, 127) if not chr(code).isalnum() and chr(code) not in "\r\n"]


@pytest.mark.parametrize("name", ["delimiter", "quote", "comment"])
@pytest.mark.parametrize("others", [{}, {"quote": ""}, {"escape": "\\"}, {"delimiter": "|"}, {"comment": "#"}])
def test_a_given_mark_is_never_detected_as_another_one(name: str, others: dict[str, str]) -> None:
    for text in TEXTS:
        for mark in OTHER_MARKS:
            try:
                dialect = dialects.detect(text.encode(), True, others | {name: mark})
            except (BadOption, AmbiguousDialect, NoDataRows, EmptyFile):
                continue
            marks = [part for part in (dialect.delimiter, dialect.quote, dialect.escape, dialect.comment) if part]
            assert len(set(marks)) == len(marks), (text, mark)
