"""The figures of a report as JSON, from which an attempt that resumes a job goes on. Pure."""

from base64 import b64decode, b64encode
from collections import Counter
from typing import Any, Final

import numpy as np

from processor.model import NoRows
from processor.native import Sketch
from processor.report.columns import NUMBER_TYPES, SKETCH_HASHES, ColumnFigures, shorten
from processor.report.report import Report
from processor.report.top_values import TOP_ROWS

# Raise this number when the figures change, or the hashes of the sketch (processor/native/figures.c). What has an order
# is in arrays, since jsonb does not keep the order of keys.
FORMAT: Final = "6"


def is_worth_keeping(report: Report) -> bool:
    """Return whether the top values are known; before that, reading the rows again costs less than keeping figures."""
    return report.rows >= TOP_ROWS


def kept_figures(report: Report) -> dict[str, Any]:
    """Return the figures of a report as JSON, about 11 kB for each column.

    Counts of rejections are left out, because the database has them.
    """
    return {
        "format": FORMAT,
        "rows": report.rows,
        "skipped": report.skipped,
        "superseded": report.superseded,
        "no_rows": [report.no_rows.empty_rows, report.no_rows.footer],
        "changed": dict(report.changed),
        "examples": report.examples,
        "columns": {name: _kept_column(figures) for name, figures in report.columns.items()},
    }


def _kept_column(figures: ColumnFigures) -> dict[str, Any]:
    """Return the figures of one column; the beginning of a text is enough to compare it with others."""
    is_number = figures.column.base in NUMBER_TYPES
    return {
        "rows": figures.rows,
        "nulls": figures.nulls,
        "characters": figures.characters,
        "shortest": figures.shortest,
        "longest": figures.longest,
        "least": figures.least if is_number else shorten(figures.least),
        "greatest": figures.greatest if is_number else shorten(figures.greatest),
        "top": [(shorten(value), count) for value, count in figures.top],
        "sketch": b64encode(figures.sketch.hashes.astype("<u8").tobytes()).decode(),
    }


def restore_figures(report: Report, figures: dict[str, Any]) -> bool:
    """Replace the figures of a report by kept ones; return False and change nothing when they do not fit.

    They do not fit when they have another format, or when they are about other columns.
    """
    if figures["format"] != FORMAT or figures["columns"].keys() != report.columns.keys():
        return False
    report.rows, report.skipped, report.superseded = figures["rows"], figures["skipped"], figures["superseded"]
    report.no_rows = NoRows(*figures["no_rows"])
    report.first_rows.skip(report.rows)
    report.changed = Counter(figures["changed"])
    report.examples = {
        name: [(before, after) for before, after in pairs] for name, pairs in figures["examples"].items()
    }
    for name, column_figures in figures["columns"].items():
        _restore_column(report.columns[name], column_figures)
    return True


def _restore_column(column: ColumnFigures, figures: dict[str, Any]) -> None:
    for name in ("rows", "nulls", "characters", "shortest", "longest", "least", "greatest"):
        setattr(column, name, figures[name])
    column.top = [(value, count) for value, count in figures["top"]]
    column.sketch = Sketch(SKETCH_HASHES, np.frombuffer(b64decode(figures["sketch"]), "<u8").astype(np.uint64))
