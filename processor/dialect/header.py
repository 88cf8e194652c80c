"""Read the header: after the lines to skip, the first record that is neither blank nor a comment."""

from processor.dialect.headerless import width_of
from processor.dialect.quotes import without_space_before_quotes
from processor.dialect.sample import lines_of, plain_sample
from processor.dialect.sample_rows import MOST_ROWS, Row, read_rows, without_footer
from processor.errors import EmptyFile, UnclosedQuote
from processor.model import Dialect, Position

#: Bytes that are tried first, since most headers end within them; splitting the whole sample into lines takes 0.7 ms.
FIRST_TRY = 8192


def read_header(sample: bytes, dialect: Dialect, *, complete: bool = False) -> tuple[list[str], Position]:
    """Return the header and the position of the record below it.

    Without a header, return a record of the width that most of the first records have, and the position of the first.
    Positions count bytes of the text as UTF-8, not bytes of the file. `complete`: the sample is the whole file.
    Raises: EmptyFile or UnclosedQuote.
    """
    body, _ = plain_sample(sample, False, dialect.compression, first_only=dialect.member is not None)
    skip = dialect.skip_lines
    most = 1 if dialect.has_header else MOST_ROWS
    for size in (FIRST_TRY, len(body)):
        lines = lines_of(body[dialect.bom_bytes : size], dialect.encoding)
        read = lines[skip:]
        if dialect.skip_initial_space:
            read = without_space_before_quotes(read, dialect.delimiter, dialect.quote)
        rows, unclosed = read_rows(read, dialect.delimiter, dialect.quote, dialect.escape, dialect.comment, most=most)
        if rows and skip + rows[0].next_line < len(lines):  # these bytes do not end within the header
            break
    if not rows and unclosed:
        line = _first_line(lines, dialect) + 1
        raise UnclosedQuote("a quoted field of the header, which begins on line {line}, is not closed", line=line)
    if not rows:
        raise EmptyFile("the file holds no record")
    line = skip + (rows[0].next_line if dialect.has_header else rows[0].line)
    counted = rows[:-1] if size < len(body) else rows  # the bytes may end within the last one
    if complete and size >= len(body):
        counted = without_footer(rows, dialect.skip_footer)
    return (rows[0] if dialect.has_header else _usual_row(counted or rows)).fields, Position(
        offset=sum(len(text.encode()) for text in lines[:line]), line=line + 1
    )


def _usual_row(rows: list[Row]) -> Row:
    """Return the first row of the most frequent width."""
    width = width_of([row.fields for row in rows])
    return next(row for row in rows if len(row.fields) == width)


def _first_line(lines: list[str], dialect: Dialect) -> int:
    for place in range(dialect.skip_lines, len(lines)):
        if lines[place].strip("\r\n") and not (dialect.comment and lines[place].startswith(dialect.comment)):
            return place
    return len(lines)
