"""Find out whether a table has a header: the first row is none if its values are of the same kinds as those below."""

import re
from collections.abc import Sequence
from itertools import islice

from processor.dialect.named_header import NamedHeader
from processor.dialect.value_kinds import KINDS, YEAR, YEARS_BELOW, fits, is_value
from processor.errors import AmbiguousDialect
from processor.model import Column, KnownColumns

#: The share of the cells in typed columns that must fit their types.
MOST = 0.8
_EITHER = "the first row may be a header of years or a row of data: set options.has_header"


def has_header(rows: Sequence[Sequence[str]], known: KnownColumns | None, named: NamedHeader | None) -> bool:
    """Return whether the first of the rows is a header; `named` is the line that names columns, which begins them.

    Raises: AmbiguousDialect if years stand above numbers.
    """
    if not rows or (named and named.is_certain):
        return True
    if known is None or named:
        return len(rows) < 3 or _is_header_by_form(rows)
    if _is_data_by_type(rows, known):
        return False
    if len(rows) == 1:  # years may be a header, and other values cannot
        return all(not is_value(cell) or YEAR.fullmatch(cell.strip()) for cell in rows[0])
    return _is_header_by_form(rows)


def fitting_share(rows: Sequence[Sequence[str]], columns: Sequence[Column | None]) -> float | None:
    """Return the share of cells that fit the types of the columns in their places; None if no type says anything."""
    answers = [fits(column, cell) for row in rows for column, cell in zip(columns, row, strict=False)]
    decided = [answer for answer in answers if answer is not None]
    return sum(decided) / len(decided) if decided else None


def _is_data_by_type(rows: Sequence[Sequence[str]], known: KnownColumns) -> bool:
    """Return whether the first row is one of data, because its cells fit the types of the columns in their places.

    Raises: AmbiguousDialect if years, which a header may have, are all that fits, and other numbers stand below.
    """
    first = list(zip(known.by_place, rows[0], strict=False))
    decided = [(place, fits(column, cell)) for place, (column, cell) in enumerate(first)]
    typed = [place for place, answer in decided if answer is not None]
    if not typed or not all(answer for _, answer in decided if answer is not None):
        return False
    are_years = len(rows[0]) > 1 and all(YEAR.fullmatch(rows[0][place].strip()) for place in typed)
    if are_years and not _years_below(rows[1:], typed):
        raise AmbiguousDialect(_EITHER, option="has_header", choices=(True, False))
    share = fitting_share(rows[1:], known.by_place)
    return share is None or share >= MOST


def _is_header_by_form(rows: Sequence[Sequence[str]]) -> bool:
    first, below = rows[0], rows[1:]
    if not any(is_value(cell) for cell in first):
        return True
    kinds = [_kind([row[place] for row in below if place < len(row)]) for place in range(len(first))]
    typed = [(cell.strip(), kind) for cell, kind in zip(first, kinds, strict=True) if kind is not None and cell.strip()]
    same = [cell for cell, kind in typed if kind.fullmatch(cell)]
    if not same or len(same) < len(typed):
        return True
    are_years = all(YEAR.fullmatch(cell) for cell in same) and len(set(same)) == len(same) and len(typed) < len(first)
    if are_years and not _years_below(below, [place for place, kind in enumerate(kinds) if kind is not None]):
        raise AmbiguousDialect(_EITHER, option="has_header", choices=(True, False))
    return False


def _years_below(rows: Sequence[Sequence[str]], places: Sequence[int]) -> bool:
    """Return whether the filled cells in these places, of which there are some, are all years."""
    cells = [row[place].strip() for row in rows for place in places if place < len(row) and row[place].strip()]
    return bool(cells) and all(YEARS_BELOW.fullmatch(cell) for cell in cells)


def _kind(cells: Sequence[str]) -> re.Pattern[str] | None:
    """Return the kind of at least four in five of a column's filled cells; None if there is none."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return next((kind for kind in KINDS if _most_are(kind, filled)), None) if filled else None


def _most_are(kind: re.Pattern[str], cells: Sequence[str]) -> bool:
    """Stop at the first cell of another kind that is one too many: a third of the time for 30 columns of text."""
    few = len(cells) // 5
    others = (cell for cell in cells if not kind.fullmatch(cell))
    return len(list(islice(others, few + 1))) <= few
