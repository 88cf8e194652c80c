"""Decide how a file is to be read, from its first bytes and from what the job gives."""

from collections.abc import Mapping
from typing import Any

from processor.dialect.compress import compression_of
from processor.dialect.encoding import Encoding, find_encoding, has_mark, wide
from processor.dialect.given import Given
from processor.dialect.headed import has_header
from processor.dialect.header import read_header
from processor.dialect.kinds import foreign_kind, is_binary
from processor.dialect.layout import find_layout, how
from processor.dialect.sample import lines_of, plain_sample
from processor.errors import EmptyFile, NoDataRows, NotCsv
from processor.model import Dialect, How


def detect(sample: bytes, complete: bool, options: Mapping[str, Any]) -> Dialect:
    """Find the dialect of the file that begins with `sample` (`complete`: and ends with it); what `options` give wins.

    Raises EmptyFile, NoDataRows, NotCsv, WrongEncoding, UnclosedQuote (in the header), AmbiguousDialect, BadCompression
    and BadOption.
    """
    given = Given.of(options)
    compression = given.compression or compression_of(sample)
    compression = None if compression == "none" else compression
    _refuse_foreign(sample)
    body, whole = plain_sample(sample, complete, compression)
    if compression:
        _refuse_foreign(body)
    encoding = _encoding(body, whole, given)
    lines = lines_of(body[encoding.bom_bytes :], encoding.name)
    if whole and not any(line.strip() for line in lines):
        raise EmptyFile("the file is empty, or holds nothing but white space")
    layout = find_layout(lines, whole, given)
    rows = [row.fields for row in layout.trial.rows[layout.trial.start :][:50]]
    headed = given.has_header if given.has_header is not None else has_header(rows)
    decided: dict[str, How] = {
        "encoding": encoding.how,
        "has_header": how(given.has_header, not headed),
        "compression": how(given.compression, compression is not None),
        "line_end": "found",
    }
    dialect = Dialect(
        encoding=encoding.name,
        delimiter=layout.trial.marks.delimiter,
        quote=layout.trial.marks.quote,
        escape=layout.trial.marks.escape,
        line_end=layout.line_end,
        has_header=headed,
        skip_lines=layout.skip_lines,
        comment=layout.comment,
        compression=compression,
        bom_bytes=encoding.bom_bytes,
        confidence=encoding.confidence,
        how=layout.how | decided,
    )
    if len(rows) < 2:
        _, below = read_header(sample, dialect)
        # An unclosed quote is no row either; the cutter finds where it opens.
        if whole and headed and rows and not any(_told(line, dialect) for line in lines[below.line - 1 :]):
            raise NoDataRows("the file has a header and no row below it")
    return dialect


def _told(line: str, dialect: Dialect) -> bool:
    return bool(line.strip("\r\n")) and not (dialect.comment and line.startswith(dialect.comment))


def _refuse_foreign(body: bytes) -> None:
    if kind := foreign_kind(body):
        raise NotCsv(f"the file is {kind}, not CSV")


def _encoding(body: bytes, whole: bool, given: Given) -> Encoding:
    if given.encoding is None and not has_mark(body) and not wide(body) and is_binary(body):
        raise NotCsv("the file holds binary data, not CSV")
    return find_encoding(body, whole, given.encoding, given.locale)
