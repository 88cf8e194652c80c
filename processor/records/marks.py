"""The marks of a dialect as bytes, and the pattern of one field that follows from them."""

import re
from dataclasses import dataclass
from typing import Self

from processor.flow import Dialect

LF, CR = 10, 13


@dataclass(frozen=True, slots=True)
class Marks:
    """A dialect as the scanner needs it: byte values (None: no such mark) and patterns.

    `field` matches one field with what ends it, by the rules of Python's csv reader: group 1 is set when only a lenient
    reader understands the field, group 2 is the end (delimiter, line end, or nothing at the end of the input). It does
    not match where a quoted field opens that is not closed.
    """

    delimiter: int
    quote: int | None
    escape: int | None
    comment: int | None
    field: re.Pattern[bytes]

    @classmethod
    def of(cls, dialect: Dialect) -> Self:
        """Take the marks of a dialect, each a single ASCII character."""
        delimiter, quote = dialect.delimiter.encode(), (dialect.quote or "").encode()
        escape, comment = (dialect.escape or "").encode(), (dialect.comment or "").encode()
        return cls(
            delimiter=delimiter[0],
            quote=quote[0] if quote else None,
            escape=escape[0] if escape else None,
            comment=comment[0] if comment else None,
            field=re.compile(field_pattern(delimiter, quote, escape), re.DOTALL),
        )


def field_pattern(delimiter: bytes, quote: bytes, escape: bytes) -> bytes:
    """Spell the pattern of a field; possessive repeats, so that a 16 MB field costs no backtracking memory.

    After a closing quote one byte is plain whatever it is (CPython's QUOTE_IN_QUOTED_FIELD knows no escape there).
    """
    d, q, x = (re.escape(mark) for mark in (delimiter, quote, escape))
    escaped = rb"|" + x + rb"(?:.|\Z)" if x else b""
    stop = rb"(" + d + rb"|\r\n?|\n|\Z)"
    plain = rb"(?:[^" + d + q + x + rb"\r\n]++" + escaped + rb")*+"
    if not q:
        return plain + rb"()??" + stop
    loose = rb"(?:[^" + d + x + rb"\r\n]++" + escaped + rb")*+"
    pair = rb"|" + x + rb"." if x else b""
    quoted = q + rb"(?:[^" + q + x + rb"]++|" + q + q + pair + rb")*+" + q
    odd = rb"(" + quoted + rb"[^" + d + rb"\r\n]" + loose + rb"|(?!" + q + rb")" + loose + rb")"
    return rb"(?:(?:" + quoted + rb"|" + plain + rb")" + stop.replace(rb"(", rb"(?=", 1) + rb"|" + odd + rb")" + stop
