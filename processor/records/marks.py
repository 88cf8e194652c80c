"""The marks of a dialect as byte values."""

from dataclasses import dataclass
from typing import Self

from processor.model import Dialect

LF, CR = 10, 13


@dataclass(frozen=True, slots=True)
class Marks:
    """A dialect as the scanner needs it: byte values, None if there is no such mark.

    `rest` are the other bytes of a delimiter that has several.
    """

    delimiter: int
    quote: int | None
    escape: int | None
    comment: int | None
    rest: bytes = b""

    @classmethod
    def of(cls, dialect: Dialect) -> Self:
        """Return the marks of a dialect."""
        quote, escape, comment = (
            ord(mark) if mark else None for mark in (dialect.quote, dialect.escape, dialect.comment)
        )
        return cls(dialect.delimiter_bytes[0], quote, escape, comment, dialect.delimiter_bytes[1:])
