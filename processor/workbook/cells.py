"""The text of a cell: the value, not how the workbook shows it, and always the same for the same cell."""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from processor.workbook.error_parsers import Cells

#: A text that must be in quotes: with a mark of ours, a line end, or a byte order mark, which the beginning would lose.
_SPECIAL = re.compile('[,;"\r\n\ufeff]')
_HOUR, _MINUTE = 3600, 60


def number_text(value: float) -> str:
    """Return the shortest text of a number that stands for it alone, without an exponent: `1e21` has 22 digits."""
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def duration_text(value: datetime.timedelta) -> str:
    """Return a duration as hours, minutes and seconds: `30:15:00`."""
    microseconds = round(value / datetime.timedelta(microseconds=1))
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    sign = "-" if microseconds < 0 else ""
    clock = f"{sign}{seconds // _HOUR:02}:{seconds % _HOUR // _MINUTE:02}:{seconds % _MINUTE:02}"
    return f"{clock}.{rest:06}" if rest else clock


def boolean_text(value: bool) -> str:
    """Return `true` or `false`."""
    return "true" if value else "false"


def timestamp_text(value: datetime.datetime) -> str:
    """Return a timestamp as Postgres writes it: `2026-12-31 23:59:59`."""
    return value.isoformat(sep=" ")


def quoted(text: str) -> str:
    """Return a text as a field of CSV, in quotes where it needs them."""
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def _writers(mark: str) -> dict[type, Callable[..., str]]:
    """Return what writes each type of value, numbers with a decimal mark."""

    def number(value: float) -> str:
        text = number_text(value)
        return text if mark == "." else quoted(text.replace(".", mark))

    return {
        str: quoted,
        float: number,
        int: str,
        bool: boolean_text,
        datetime.datetime: timestamp_text,
        datetime.date: datetime.date.isoformat,
        datetime.time: datetime.time.isoformat,
        datetime.timedelta: duration_text,
    }


def with_errors(rows: Iterable[Sequence[object]], errors: Cells, first_column: int) -> Iterable[Sequence[object]]:
    """Return rows with the error values in their places; the rows begin at the column of this number."""
    return _with_errors(rows, errors, first_column) if errors else rows


def _with_errors(rows: Iterable[Sequence[object]], errors: Cells, first_column: int) -> Iterator[Sequence[object]]:
    for number, row in enumerate(rows):
        if number in errors:
            texts = errors[number]
            yield [texts.get(first_column + place, value) for place, value in enumerate(row)]
        else:
            yield row


#: Rows whose text is written at once.
_ROWS: Final = 1000


def csv_blocks(rows: Iterable[Sequence[object]], delimiter: str, mark: str, marks: dict[int, str]) -> Iterator[str]:
    """Yield the text of rows in blocks; empty rows at the end are left out.

    `mark` is the decimal mark of numbers, `marks` that of single fields, by their place. A row without any value is
    nothing but delimiters, also in a sheet of one column.
    """
    usual = _writers(mark)
    special = {place: _writers(other) for place, other in marks.items() if other != mark}
    lines: list[str] = []
    empty = 0
    for row in rows:
        if not any(value != "" for value in row):
            empty += 1
            continue
        lines += [delimiter * (len(row) - 1)] * empty
        empty = 0
        if special:
            fields = [special.get(place, usual)[type(value)](value) for place, value in enumerate(row)]
        else:
            fields = [usual[type(value)](value) for value in row]
        lines.append(delimiter.join(fields))
        if len(lines) >= _ROWS:
            yield "\n".join(lines) + "\n"
            lines = []
    if lines:
        yield "\n".join(lines) + "\n"
