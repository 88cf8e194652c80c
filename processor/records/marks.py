"""The marks of a dialect as bytes, and the patterns of fields and records that follow from them."""

import re
from dataclasses import dataclass
from typing import Self

from processor.model import Dialect

LF, CR = 10, 13
LINE_END = rb"\r\n?|\n|\Z"
NEVER = rb"(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A dialect as the scanner needs it: byte values (None if there is no such mark) and patterns.

    `field` matches one field and its end, by the rules of Python's csv reader. Group 1 is set if the field is
    irregular, that is, if only a lenient reader accepts it. Group 2 is the end: a delimiter, a line end, or nothing at
    the end of the input. `field` does not match a quoted field that is not closed. `raw` has the field's bytes
    as one more group before these two. `record` matches a whole record; its group 1 is the record's end.
    """

    delimiter: int
    quote: int | None
    escape: int | None
    comment: int | None
    field: re.Pattern[bytes]
    raw: re.Pattern[bytes]
    record: re.Pattern[bytes]

    @classmethod
    def of(cls, dialect: Dialect) -> Self:
        """Return the marks of a dialect, each of which is a single ASCII character."""
        delimiter, quote = dialect.delimiter.encode(), (dialect.quote or "").encode()
        escape, comment = (dialect.escape or "").encode(), (dialect.comment or "").encode()
        regular, odd = _field(re.escape(delimiter), re.escape(quote), re.escape(escape))
        stop = re.escape(delimiter)
        either = b"(?:%b(?=%b|%b)|%b)" % (regular, stop, LINE_END, odd)
        return cls(
            delimiter=delimiter[0],
            quote=quote[0] if quote else None,
            escape=escape[0] if escape else None,
            comment=comment[0] if comment else None,
            field=re.compile(
                b"(?:%b(?=%b|%b)|(%b))(%b|%b)" % (regular, stop, LINE_END, odd, stop, LINE_END), re.DOTALL
            ),
            raw=re.compile(b"(%b(?=%b|%b)|(%b))(%b|%b)" % (regular, stop, LINE_END, odd, stop, LINE_END), re.DOTALL),
            record=re.compile(b"(?:%b%b)*+%b(%b)" % (either, stop, either, LINE_END), re.DOTALL),
        )


def _field(d: bytes, q: bytes, x: bytes) -> tuple[bytes, bytes]:
    """Return the patterns of a regular field and of an irregular one.

    `d`, `q` and `x` are the delimiter, the quote and the escape, escaped for `re`. Repeats are possessive, so that a
    16 MB field needs no memory for backtracking. The byte after a closing quote is plain text, even if it is the escape
    (CPython, _csv.c, state QUOTE_IN_QUOTED_FIELD).
    """
    escaped = b"|%b(?:.|\\Z)" % x if x else b""
    plain = b"(?:[^%b%b%b\r\n]++%b)*+" % (d, q, x, escaped)
    if not q:
        return plain, NEVER
    loose = b"(?:[^%b%b\r\n]++%b)*+" % (d, x, escaped)
    pair = b"|%b." % x if x else b""
    quoted = b"%b(?:[^%b%b]++|%b%b%b)*+%b" % (q, q, x, q, q, pair, q)
    return b"(?:%b|%b)" % (quoted, plain), b"(?:%b[^%b\r\n]%b|(?!%b)%b)" % (quoted, d, loose, q, loose)
