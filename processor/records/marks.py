"""The marks of a dialect as byte values."""

from dataclasses import dataclass
from typing import Self

from processor.model import Dialect
from processor.native import Care

LF, CR = 10, 13
#: The shares of quotes in order from which stray ones are suspicious: where a later field ends with one, as in
#: `7"a, b"`; and where a single field does, unless it may be inches.
IN_ORDER, WELL_IN_ORDER = 0.5, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A dialect as the scanner needs it: byte values, None if there is no such mark.

    `rest` are the other bytes of a delimiter that has several, and `width` is the number of fields of a row (0: not
    known).
    """

    delimiter: int
    quote: int | None
    escape: int | None
    comment: int | None
    rest: bytes = b""
    care: Care = Care.LENIENT
    skips_space: bool = False
    width: int = 0

    @classmethod
    def of(cls, dialect: Dialect, width: int = 0) -> Self:
        """Return the marks of a dialect, for rows of `width` fields."""
        quote, escape, comment = (
            ord(mark) if mark else None for mark in (dialect.quote, dialect.escape, dialect.comment)
        )
        return cls(
            delimiter=dialect.delimiter_bytes[0],
            quote=quote,
            escape=escape,
            comment=comment,
            rest=dialect.delimiter_bytes[1:],
            care=_care(dialect),
            skips_space=dialect.skip_initial_space,
            width=width,
        )


def _care(dialect: Dialect) -> Care:
    if dialect.strict_quotes:
        return Care.STRICT
    order = dialect.quote_order
    return Care.WELL_IN_ORDER if order >= WELL_IN_ORDER else Care.IN_ORDER if order >= IN_ORDER else Care.LENIENT
