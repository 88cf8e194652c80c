"""The header: the first record that is neither blank nor a comment, behind the lines to skip."""

from processor.dialect.rows import read_rows
from processor.dialect.sample import lines_of, plain_sample
from processor.errors import EmptyFile, UnclosedQuote
from processor.model import Dialect, Position

#: Most headers end well within so many bytes; to part the whole sample into lines takes 0.7 ms.
NEAR = 8192


def read_header(sample: bytes, dialect: Dialect) -> tuple[list[str], Position]:
    """Return the header and the position of the record below it; without a header, the first record and its own.

    Positions count bytes of the text as UTF-8, not of the file. Raises EmptyFile or UnclosedQuote.
    """
    body, _ = plain_sample(sample, False, dialect.compression)
    skip = dialect.skip_lines
    for size in (NEAR, len(body)):
        lines = lines_of(body[dialect.bom_bytes : size], dialect.encoding)
        rows, unclosed = read_rows(
            lines[skip:], dialect.delimiter, dialect.quote, dialect.escape, dialect.comment, most=1
        )
        if rows and skip + rows[0].next_line < len(lines):  # what is looked at does not end in the middle of it
            break
    if not rows and unclosed:
        raise UnclosedQuote(
            f"a quoted field of the header, which begins on line {_first(lines, dialect) + 1}, is not closed"
        )
    if not rows:
        raise EmptyFile("the file holds no record")
    line = skip + (rows[0].next_line if dialect.has_header else rows[0].line)
    return rows[0].fields, Position(offset=sum(len(text.encode()) for text in lines[:line]), line=line + 1)


def _first(lines: list[str], dialect: Dialect) -> int:
    for place in range(dialect.skip_lines, len(lines)):
        if lines[place].strip("\r\n") and not (dialect.comment and lines[place].startswith(dialect.comment)):
            return place
    return len(lines)
