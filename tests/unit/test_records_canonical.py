"""`canonical_csv` rewrites only the records that need it, and `record_texts` shows records as they are in the file."""

import pytest

from processor import errors
from processor.model import Chunk, Dialect, FileLimits, Position
from processor.records import canonical_csv, cut, record_texts


def chunk_of(data: bytes, dialect: Dialect | None = None) -> Chunk:
    """Cut data that is a single chunk."""
    (chunk,) = cut([data], dialect or Dialect(), Position(), FileLimits(), lambda _: 100_000)
    return chunk


def test_canonical_csv_of_a_regular_chunk_is_its_data() -> None:
    chunk = chunk_of(b'a,"b\r""c"\r\n1,\n')
    assert canonical_csv(chunk, ~chunk.blank, Dialect()) is chunk.data


def test_canonical_csv_keeps_quotes_of_empty_fields() -> None:
    chunk = chunk_of(b'"",,5" x\n')
    assert canonical_csv(chunk, ~chunk.blank, Dialect()) == b'"",,"5"" x"\n'
    chunk = chunk_of(b"'';;'a\"b''c'\n", Dialect(delimiter=";", quote="'"))
    assert canonical_csv(chunk, ~chunk.blank, Dialect(delimiter=";", quote="'")) == b'"";;"a""b\'c"\n'


def test_canonical_csv_removes_escapes_but_keeps_the_null_mark() -> None:
    dialect = Dialect(escape="\\")
    chunk = chunk_of(b'\\N,"a\\"b",c\\,d,"\\N"\n', dialect)
    assert canonical_csv(chunk, ~chunk.blank, dialect) == b'\\N,"a""b","c,d","\\N"\n'


@pytest.mark.parametrize(
    ("record", "canonical"),
    [
        (rb'C:\dir\new,"C:\dir\new"', rb'C:\dir\new,"C:\dir\new"'),
        (rb'\u00e9,"\u00e9 \"x\""', rb'\u00e9,"\u00e9 ""x"""'),
        (rb"\alpha,100\%", rb"\alpha,100\%"),
        (rb"a\\b,\\\n", rb"a\b,\\n"),
        (rb"a\,b,\;", rb'"a,b",\;'),
        (rb'"a\,b","\\"', rb'"a,b","\"'),
        (b'"a\\\nb",c', b'"a\nb",c'),
        (rb"a\,\x\\,b", rb'"a,\x\",b'),
    ],
)
def test_escape_is_text_where_nothing_needs_it(record: bytes, canonical: bytes) -> None:
    dialect = Dialect(escape="\\")
    chunk = chunk_of(record + b"\n", dialect)
    assert canonical_csv(chunk, ~chunk.blank, dialect) == canonical + b"\n"


@pytest.mark.parametrize("quote", ["'", None])
def test_escape_before_a_mark_that_is_no_quote_is_text(quote: str | None) -> None:
    dialect = Dialect(escape="\\", quote=quote)
    chunk = chunk_of(b'a\\"b,c\n', dialect)
    assert canonical_csv(chunk, ~chunk.blank, dialect) == b'"a\\""b",c\n'


def test_canonical_csv_drops_rows_and_replaces_lone_cr_by_lf() -> None:
    chunk = chunk_of(b'a,1\rb,2\r\rc,"\r"\rd,4')
    keep = ~chunk.blank
    assert canonical_csv(chunk, keep, Dialect()) == b'a,1\nb,2\nc,"\r"\nd,4'
    keep[1] = False
    assert canonical_csv(chunk, keep, Dialect()) == b'a,1\nc,"\r"\nd,4'


def test_canonical_csv_quotes_a_field_that_begins_like_a_byte_order_mark() -> None:
    chunk = chunk_of("\ufeffa,b\n".encode())
    assert canonical_csv(chunk, ~chunk.blank, Dialect()) == '"\ufeffa",b\n'.encode()


def test_canonical_csv_of_records_without_fields_is_an_error() -> None:
    chunk = chunk_of(b"a\n\n")
    with pytest.raises(errors.RowAccounting):
        canonical_csv(chunk, chunk.blank | True, Dialect())


def test_record_texts_are_complete_and_have_no_nul() -> None:
    chunk = chunk_of(b"a\0,b\r\n" + "é".encode() * 5000 + b"\n" + b"x" + "é".encode() * 5000)
    assert record_texts(chunk, [0, 1, 2]) == ["a\u2400,b", "é" * 5000, "x" + "é" * 5000]
