"""Cells that a spreadsheet would execute: guarded by an apostrophe in errors.csv, and read back without it.

Source: OWASP, CSV Injection. Plain numbers are left alone: `-5` and `+55119` are no formulas to anybody.
"""

import re
from collections.abc import Sequence

import polars as pl

# The columns that errors.csv has before the file's own; a file that begins with them is read back without the guards.
MARKERS = ("import_line", "import_column", "import_code", "import_message")
DANGEROUS = re.compile(r"^'*[=+\-@\t\r]")
NUMBER = re.compile(r"^[+-]?[0-9][0-9.,]*$")
GUARD = r"^'('*[=+\-@\t\r])"


def guarded(cell: str) -> str:
    """Return a cell as no spreadsheet executes it."""
    return f"'{cell}" if DANGEROUS.match(cell) and not NUMBER.match(cell) else cell


def is_guarded(header: Sequence[str]) -> bool:
    """Tell whether a file is an errors.csv."""
    return tuple(name.strip() for name in header[: len(MARKERS)]) == MARKERS


def unnamed(place: int) -> str:
    """Name a field, from 0, of a file without a header that goes into no column."""
    return f"import_field_{place + 1}"


def left_out(header: Sequence[str]) -> list[str]:
    """Return the headers of an errors.csv that are not the file's, or belong to no column."""
    return [name for name in header if name.strip() in MARKERS or re.fullmatch(r"import_field_[0-9]+", name.strip())]


def unguarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the guards out again."""
    return frame.with_columns(pl.all().str.replace(GUARD, "${1}"))


def unguarded_text(cell: str) -> str:
    """Take a guard out of one cell."""
    return re.sub(GUARD, r"\1", cell)
