"""Detect the dialect of a file from its first bytes and the job's options."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from processor.dialect.compression import compression_of
from processor.dialect.encoding import (
    Encoding,
    escaped_encoding,
    find_encoding,
    has_byte_order_mark,
    sixteen_bit_encoding,
)
from processor.dialect.file_formats import is_binary, other_format
from processor.dialect.header import read_header
from processor.dialect.layout import Layout, find_layout, how
from processor.dialect.options import DialectOptions
from processor.dialect.quotes import without_space_before_quotes
from processor.dialect.sample import lines_of, plain_sample
from processor.dialect.zip_directory import Member
from processor.errors import AmbiguousDialect, EmptyFile, JobError, NoDataRows, NotCsv
from processor.model import Dialect, How, KnownColumns

#: Parts that are never detected, and that `how` names only where they are given.
_NEVER_DETECTED: Final = ("skip_footer", "skip_empty_rows", "strict_quotes", "skip_initial_space")


def is_archive(sample: bytes, options: Mapping[str, Any]) -> bool:
    """Return whether the file that begins with `sample` is an archive, of which one file is read. Raises: BadOption."""
    given = DialectOptions.of(options)
    return (given.compression or compression_of(sample)) == "zip" and other_format(sample) is None


def detect(
    sample: bytes,
    complete: bool,
    options: Mapping[str, Any],
    known: KnownColumns | None = None,
    member: Member | None = None,
) -> Dialect:
    """Return the dialect of the file that begins with `sample`; a part that `options` sets is not detected.

    `complete` says that the sample is the whole file, `known` which columns may be expected in it. The sample of an
    archive begins with the `member` that is read.
    Raises: EmptyFile, NoDataRows, NotCsv, WrongEncoding, UnclosedQuote (in the header), AmbiguousDialect,
    BadCompression or BadOption.
    """
    given = DialectOptions.of(options)
    compression = given.compression or compression_of(sample)
    compression = None if compression == "none" else compression
    _check_format(sample)
    body, whole = plain_sample(sample, complete, compression, first_only=member is not None)
    if compression:
        _check_format(body)
    encoding = _encoding(body, whole, given)
    lines = lines_of(body[encoding.bom_bytes :], encoding.name)
    if whole and not any(line.strip() for line in lines):
        raise EmptyFile("the file is empty, or holds nothing but white space")
    read = without_space_before_quotes(lines, given.delimiter, given.quote) if given.skip_initial_space else lines
    layout = find_layout(read, whole, given, known)
    dialect = _dialect(given, compression, encoding, layout)
    if member is not None:
        named = how(options.get("member"), True)
        dialect = replace(dialect, member=member.name, member_at=member.at, how=dialect.how | {"member": named})
    rows = layout.result.rows[layout.result.start :]
    if len(rows) < 2:
        _, below = read_header(sample, dialect)
        # An unclosed quote is not a row in this sample; the cutter reports the line where it opens.
        if whole and layout.has_header and rows and not _has_content(lines[below.line - 1 :], dialect.comment):
            raise _only_line(rows[0].fields, given, known)
    return dialect


def _only_line(fields: Sequence[str], given: DialectOptions, known: KnownColumns | None) -> JobError:
    """Return the error of a file of one line: a header without rows, or one that may be a row."""
    names_none = known is not None and all(known.name_of(cell, False) is None for cell in fields)
    if given.has_header is None and names_none:
        return AmbiguousDialect(
            "the only line may be a header or a row of data: set options.has_header",
            option="has_header",
            choices=(False, True),
        )
    return NoDataRows("the file has a header and no row below it")


def _dialect(given: DialectOptions, compression: str | None, encoding: Encoding, layout: Layout) -> Dialect:
    candidate = layout.result.candidate
    decided: dict[str, How] = {
        "encoding": encoding.how,
        "has_header": how(given.has_header, not layout.has_header),
        "compression": how(given.compression, compression is not None),
        "line_end": "found",
    }
    decided |= {name: "given" for name in _NEVER_DETECTED if getattr(given, name) is not None}
    return Dialect(
        encoding=encoding.name,
        delimiter=candidate.delimiter,
        quote=candidate.quote,
        escape=candidate.escape,
        line_end=layout.line_end,
        has_header=layout.has_header,
        skip_lines=layout.skip_lines,
        skip_footer=given.footer,
        skip_empty_rows=given.skip_empty_rows is not False,
        strict_quotes=bool(given.strict_quotes),
        skip_initial_space=bool(given.skip_initial_space),
        quote_order=layout.quote_order,
        comment=layout.comment,
        compression=compression,
        bom_bytes=encoding.bom_bytes,
        confidence=encoding.confidence,
        how=layout.how | decided,
    )


def _has_content(lines: Sequence[str], comment: str | None) -> bool:
    return any(line.strip("\r\n") and not (comment and line.startswith(comment)) for line in lines)


def _check_format(body: bytes) -> None:
    if name := other_format(body):
        raise NotCsv("the file is {format}, not CSV", format=name)


def _encoding(body: bytes, whole: bool, given: DialectOptions) -> Encoding:
    is_wide = has_byte_order_mark(body) or sixteen_bit_encoding(body) or escaped_encoding(body)
    if given.encoding is None and not is_wide and is_binary(body):
        raise NotCsv("the file holds binary data, not CSV")
    return find_encoding(body, whole, given.encoding, given.locale)
