"""How rows and values are laid out as lines of text, of a given width or of any. Nothing is ever cut."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.cells import cell_len, chop_cells

# Marks that change the direction of the text after them, and what a terminal would take for a control sequence.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_GAP = "  "


def printable(value: object) -> str:
    r"""Return a value as text in one line: control and direction marks are written as escapes such as `\x1b`."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if c in _BIDI or unicodedata.category(c) in _CONTROLS else c for c in text)


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, right: Iterable[int] = ()
) -> list[str]:
    """Return rows in aligned columns, or as one entry below the other where the columns are wider than `width`.

    The columns whose numbers are in `right` are aligned to the right.
    """
    widths = [max(map(cell_len, column)) for column in zip(headers, *rows, strict=True)]
    if width is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        return [line for row in rows for line in entry(headers, row, width)]
    to_right = set(right)
    return [_aligned(row, widths, to_right) for row in (headers, *rows)]


def entry(headers: Sequence[str], row: Sequence[str], width: int) -> list[str]:
    """Return one row as its values with their headers, as many as fit in each line; all but the first are indented."""
    pairs = [f"{header} {value}" for header, value in zip(headers, row, strict=True) if value]
    lines = flowed(pairs, width - 2)
    return [lines[0], *("  " + line for line in lines[1:])] if lines else []


def values(pairs: Mapping[str, str], width: int | None) -> list[str]:
    """Return names and values, one name a line; a long value continues below itself, or below the name if narrow."""
    indent = max(map(cell_len, pairs), default=0) + len(_GAP)
    lines: list[str] = []
    for name, value in pairs.items():
        if width is None or indent + cell_len(value) <= width:
            lines.append(f"{padded(name, indent)}{value}".rstrip())
        elif width - indent >= 40:
            first, *rest = folded(value, width - indent)
            lines += [padded(name, indent) + first, *(" " * indent + line for line in rest)]
        else:
            lines += [name, *("  " + line for line in folded(value, width - 2))]
    return lines


def flowed(parts: Iterable[str], width: int) -> list[str]:
    """Return parts side by side, as many as fit in each line."""
    lines: list[str] = []
    line = ""
    for part in parts:
        if line and cell_len(line) + len(_GAP) + cell_len(part) <= width:
            line += _GAP + part
            continue
        lines += folded(line, width) if line else []
        line = part
    return [*lines, *(folded(line, width) if line else [])]


def folded(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` cells, broken between words where possible."""
    if cell_len(text) <= width:
        return [text]
    return list(_lines(text.split(" "), width))


def padded(text: str, width: int) -> str:
    """Return a text with spaces up to a width in cells."""
    return text + " " * (width - cell_len(text))


def _lines(words: Iterable[str], width: int) -> Iterator[str]:
    line: str | None = None
    for word in words:
        joined = word if line is None else f"{line} {word}"
        if cell_len(joined) <= width:
            line = joined
            continue
        if line is not None:
            yield line
        *whole, line = chop_cells(word, width) or [""]
        yield from whole
    if line is not None:
        yield line


def _aligned(cells: Sequence[str], widths: Sequence[int], to_right: set[int]) -> str:
    parts = [
        " " * (width - cell_len(cell)) + cell if place in to_right else padded(cell, width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return _GAP.join(parts).rstrip()


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode()
