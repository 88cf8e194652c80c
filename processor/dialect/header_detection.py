"""Find out whether a table has a header: the first row is none if its values are of the same kinds as those below."""

import re
from collections.abc import Sequence
from itertools import islice

from processor.errors import AmbiguousDialect

#: Kinds of values that do not occur in headers: numbers, dates, times, e-mail addresses and UUIDs.
KINDS = (
    re.compile(r"[-+]?[\d.,]*\d%?"),
    re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}.*)?"),
    re.compile(r"\d{1,2}:\d{2}(:\d{2}.*)?"),
    re.compile(r"[^@\s]+@[^@\s]+\.\w+"),
    re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
)
_YEAR = re.compile(r"(19|20)\d\d")


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of the rows is a header.

    Raises: AmbiguousDialect if years stand above numbers.
    """
    if len(rows) < 3:
        return True
    first, below = rows[0], rows[1:]
    if not any(kind.fullmatch(cell.strip()) for cell in first for kind in KINDS):
        return True
    kinds = [_kind([row[place] for row in below if place < len(row)]) for place in range(len(first))]
    typed = [(cell.strip(), kind) for cell, kind in zip(first, kinds, strict=True) if kind is not None]
    same = [cell for cell, kind in typed if kind.fullmatch(cell)]
    if not same or len(same) < len(typed):
        return True
    if all(_YEAR.fullmatch(cell) for cell in same) and len(set(same)) == len(same) and len(typed) < len(first):
        raise AmbiguousDialect("the first row may be a header of years or a row of data: set options.has_header")
    return False


def _kind(cells: Sequence[str]) -> re.Pattern[str] | None:
    """Return the kind of at least four in five of a column's filled cells; None if there is none."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return next((kind for kind in KINDS if _most_are(kind, filled)), None) if filled else None


def _most_are(kind: re.Pattern[str], cells: Sequence[str]) -> bool:
    """Stop at the first cell of another kind that is one too many: a third of the time for 30 columns of text."""
    few = len(cells) // 5
    others = (cell for cell in cells if not kind.fullmatch(cell))
    return len(list(islice(others, few + 1))) <= few
