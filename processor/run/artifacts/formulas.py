"""Cells that a spreadsheet would execute are escaped by an apostrophe in errors.csv; an import of that file removes it.

Source: OWASP, CSV Injection. Plain numbers are left alone: no spreadsheet takes `-5` or `+55119` for a formula.
"""

import re
from collections.abc import Sequence

import polars as pl

# The columns that errors.csv has before the file's own. A file that begins with them is an errors.csv.
MARKERS = ("import_line", "import_column", "import_code", "import_message")
FORMULA = re.compile(r"^'*[=+\-@\t\r]")
NUMBER = re.compile(r"^[+-]?[0-9][0-9.,]*\Z")
ESCAPED = r"^'('*[=+\-@\t\r])"


def escape_cell(cell: str) -> str:
    """Return a cell in a form that no spreadsheet executes."""
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.match(cell) else cell


def unescape_cell(cell: str) -> str:
    """Remove the apostrophe that escapes a cell."""
    return re.sub(ESCAPED, r"\1", cell)


def unescape_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Remove the apostrophes that escape cells of a frame of texts."""
    return frame.with_columns(pl.all().str.replace(ESCAPED, "${1}"))


def is_errors_file(header: Sequence[str]) -> bool:
    """Return whether this is the header of an errors.csv."""
    return tuple(name.strip() for name in header[: len(MARKERS)]) == MARKERS


def unnamed_field(index: int) -> str:
    """Return the name in errors.csv of a field, from 0, that has no header and goes into no column."""
    return f"import_field_{index + 1}"


def added_headers(header: Sequence[str]) -> list[str]:
    """Return the headers of an errors.csv that stand for no header or column of the source."""
    return [name for name in header if name.strip() in MARKERS or re.fullmatch(r"import_field_[0-9]+", name.strip())]
