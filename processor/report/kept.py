"""A report's figures as JSON and back, so that an attempt that resumes goes on with those before it. Pure."""

from base64 import b64decode, b64encode
from collections import Counter
from typing import Any, Final

import numpy as np

from processor.native import Sketch
from processor.report.columns import NUMBERS, SKETCH, ColumnFigures, shown
from processor.report.summary import Report
from processor.report.top import TOP_ROWS

# The hashes are our own (processor/native/figures.c): another way of making them is another format. An order is kept by
# arrays alone, for jsonb orders keys its own way.
FORMAT: Final = "4"


def is_worth_keeping(report: Report) -> bool:
    """Tell whether top values are settled; before that, to keep them costs more than to read the rows again."""
    return report.rows >= TOP_ROWS


def kept(report: Report) -> dict[str, Any]:
    """Return what is to be kept of a report; some 11 kB for each column.

    What was rejected is not in it: the database counts that itself.
    """
    return {
        "format": FORMAT,
        "rows": report.rows,
        "passed": report.passed,
        "repeated": report.repeated,
        "changed": dict(report.changed),
        "examples": report.examples,
        "columns": {name: kept_column(figures) for name, figures in report.columns.items()},
    }


def kept_column(figures: ColumnFigures) -> dict[str, Any]:
    """Return the figures of one column. Of texts the beginning that is shown is enough to order others by."""
    whole = figures.column.base in NUMBERS
    return {
        "rows": figures.rows,
        "nulls": figures.nulls,
        "characters": figures.characters,
        "shortest": figures.shortest,
        "longest": figures.longest,
        "least": figures.least if whole else shown(figures.least),
        "greatest": figures.greatest if whole else shown(figures.greatest),
        "top": [(shown(value), count) for value, count in figures.top],
        "sketch": b64encode(figures.sketch.hashes.astype("<u8").tobytes()).decode(),
    }


def restore(report: Report, figures: dict[str, Any]) -> bool:
    """Go on with kept figures; False, and nothing done, when they are those of other columns or in another format."""
    if figures["format"] != FORMAT or figures["columns"].keys() != report.columns.keys():
        return False
    report.rows, report.passed, report.repeated = figures["rows"], figures["passed"], figures["repeated"]
    report.first.skip(report.rows)
    report.changed = Counter(figures["changed"])
    report.examples = {name: [(a, b) for a, b in pairs] for name, pairs in figures["examples"].items()}
    for name, of_column in figures["columns"].items():
        restore_column(report.columns[name], of_column)
    return True


def restore_column(column: ColumnFigures, figures: dict[str, Any]) -> None:
    """Go on with the kept figures of one column."""
    for name in ("rows", "nulls", "characters", "shortest", "longest", "least", "greatest"):
        setattr(column, name, figures[name])
    column.top = [(value, count) for value, count in figures["top"]]
    column.sketch = Sketch(SKETCH, np.frombuffer(b64decode(figures["sketch"]), "<u8").astype(np.uint64))
