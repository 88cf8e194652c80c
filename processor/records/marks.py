"""The marks of a dialect as bytes, and the pattern of one field that follows from them."""

import re
from dataclasses import dataclass
from typing import Self

from processor.model import Dialect

LF, CR = 10, 13
LINE_END = rb"\r\n?|\n|\Z"
NEVER = rb"(?!)"


@dataclass(frozen=True, slots=True)
class Marks:
    """A dialect as the scanner needs it: byte values (None: no such mark) and patterns.

    `field` matches one field with what ends it, by the rules of Python's csv reader: group 1 is set when only a lenient
    reader understands the field, group 2 is the end (delimiter, line end, or nothing at the end of the input). It does
    not match where a quoted field opens that is not closed. `raw` has the field's bytes as one more
    group before these. `record` matches a whole record, group 1 is its end.
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
        """Take the marks of a dialect, each a single ASCII character."""
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
    """Spell the patterns of a regular field and of an odd one, from escaped delimiter, quote and escape.

    Repeats are possessive, so that a 16 MB field costs no memory for backtracking. After a closing quote one byte is
    plain whatever it is (CPython's QUOTE_IN_QUOTED_FIELD knows no escape there).
    """
    escaped = b"|%b(?:.|\\Z)" % x if x else b""
    plain = b"(?:[^%b%b%b\r\n]++%b)*+" % (d, q, x, escaped)
    if not q:
        return plain, NEVER
    loose = b"(?:[^%b%b\r\n]++%b)*+" % (d, x, escaped)
    pair = b"|%b." % x if x else b""
    quoted = b"%b(?:[^%b%b]++|%b%b%b)*+%b" % (q, q, x, q, q, pair, q)
    return b"(?:%b|%b)" % (quoted, plain), b"(?:%b[^%b\r\n]%b|(?!%b)%b)" % (quoted, d, loose, q, loose)
