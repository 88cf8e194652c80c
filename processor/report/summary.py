"""The report of a run: columns, rejections by code, what normalisers changed, timings by step, and a preview."""

import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import polars as pl

from processor.flow import Change, Dialect, Plan, Rejections
from processor.report.columns import ColumnFigures

T = TypeVar("T")

PREVIEW_ROWS = 20
# A long text says nothing more in a preview; 20 rows of 50 columns stay under 300 kB.
PREVIEW_CHARACTERS = 300
EXAMPLES = 5


@dataclass(slots=True)
class Report:
    """Collects while chunks go by; `as_json` is what the job's row gets."""

    codes: Counter[str] = field(default_factory=Counter[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    columns: dict[str, ColumnFigures] = field(default_factory=dict[str, ColumnFigures])
    changed: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])
    rows: int = 0
    passed: int = 0
    repeated: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def timing(self, step: str, items: Iterator[T]) -> Generator[T]:
        """Pass items on and count the time that each takes to come."""
        while True:
            with self.timed(step):
                item = next(items, None)
            if item is None:
                return
            yield item

    @contextmanager
    def timed(self, step: str) -> Generator[None]:
        """Count the wall time of a step; of chunks that are loaded at once, the sum."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            with self._lock:
                self.seconds[step] = self.seconds.get(step, 0.0) + spent

    def begin(self, plan: Plan) -> None:
        """Prepare the columns."""
        self.columns = {each.column.name: ColumnFigures(each.column, each.header) for each in plan.fields}

    def add(self, frame: pl.DataFrame, rejections: Rejections, changes: Sequence[Change]) -> None:
        """Take in a committed chunk: its rows as they were loaded, what was rejected, what normalisers changed."""
        self.codes.update(rejections.codes)
        for name in rejections.columns:
            if name in self.columns:
                self.columns[name].rejected += 1
        self.rows += frame.height
        for name, figures in self.columns.items():
            figures.add(frame.get_column(name))
        for change in changes:
            self.changed[change.column] += change.count
            known = self.examples.setdefault(change.column, [])
            known += change.examples[: EXAMPLES - len(known)]

    def pass_over(self, rows: int, repeated: int) -> None:
        """Count rows that the mode's rule passed over; `repeated` of them have their key again further down."""
        self.passed += rows
        self.repeated += repeated

    def as_json(self, plan: Plan, dialect: Dialect) -> dict[str, Any]:
        """Return the report.

        After a resume `columns` and `normalised` speak of this attempt's rows alone, of which there are
        `rows_in_report`. So does `rejected_by_code` here; the database puts those of all attempts in its place.
        """
        return {
            "dialect": asdict(dialect),
            "rows_in_report": self.rows,
            "columns": {name: figures.as_json() for name, figures in self.columns.items()},
            "ignored_headers": list(plan.ignored),
            "rejected_by_code": dict(self.codes),
            "passed_over": self.passed,
            "superseded_in_chunk": self.repeated,
            "normalised": {
                name: {"count": count, "examples": [{"before": a, "after": b} for a, b in self.examples.get(name, [])]}
                for name, count in self.changed.items()
            },
            "seconds": {step: round(value, 3) for step, value in self.seconds.items()},
        } | self.shares(plan)

    def shares(self, plan: Plan) -> dict[str, float]:
        """Return per cent of records with a valid address or number: `pct_with_email`, `pct_with_phone`."""
        found: dict[str, float] = {}
        for each in plan.fields:
            figures = self.columns[each.column.name]
            kind = each.reading.normaliser.name if each.reading.normaliser else each.column.name
            if kind in ("email", "phone") and figures.rows + figures.rejected:
                filled = figures.rows - figures.nulls
                found[f"pct_with_{kind}"] = round(100 * filled / (self.rows + sum(self.codes.values())), 2)
        return found


def preview(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the first rows, as they were loaded, long texts cut."""
    return frame.head(PREVIEW_ROWS).select(pl.all().str.slice(0, PREVIEW_CHARACTERS)).to_dicts()
