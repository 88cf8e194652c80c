"""The report of a run: columns, rejections by code, what normalisers changed, timings by step, and a preview."""

import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from processor.model import Change, Dialect, Plan, Rejections, Rows
from processor.native import Batch
from processor.report.columns import ColumnFigures
from processor.report.top import FirstRows

T = TypeVar("T")

EXAMPLES = 5


@dataclass(slots=True)
class Report:
    """Collects while chunks go by; `as_json` is what the job's row gets.

    `repeated` is None when it cannot be known any more.
    """

    codes: Counter[str] = field(default_factory=Counter[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    columns: dict[str, ColumnFigures] = field(default_factory=dict[str, ColumnFigures])
    changed: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])
    rows: int = 0
    passed: int = 0
    repeated: int | None = 0
    first: FirstRows = field(default_factory=lambda: FirstRows.of(0))
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
        self.first = FirstRows.of(len(self.columns))

    def add(self, rows: Rows, rejections: Rejections, changes: Sequence[Change]) -> None:
        """Take in a committed chunk: its rows as they were loaded, what was rejected, what normalisers changed."""
        self.codes.update(rejections.codes)
        for name in rejections.columns:
            if name in self.columns:
                self.columns[name].rejected += 1
        self.rows += rows.frame.height
        if rows.frame.height:
            self._measure(rows)
        for change in changes:
            self.changed[change.column] += change.count
            known = self.examples.setdefault(change.column, [])
            known += change.examples[: EXAMPLES - len(known)]

    def _measure(self, rows: Rows) -> None:
        with Batch(rows.frame) as batch:
            for place, (name, figures) in enumerate(self.columns.items()):
                figures.add(batch, place, rows.frame.get_column(name), ascii_only=rows.ascii_only)
        characters = sum(each.characters for each in self.columns.values())
        if self.first.take(rows.frame, characters):  # no more will come, and all others need not be kept
            self.count_top()

    def count_top(self) -> None:
        """Count the top values of the rows kept for it.

        Once, at the end: to count them chunk by chunk took two thirds of the time of a file of 200 columns.
        """
        for name, values in self.first.most().items():
            self.columns[name].top = values

    def recount(self, counts: Iterable[tuple[str | None, str, int]]) -> None:
        """Take the database's counts of rejected rows, by column and code, in place of this attempt's."""
        self.codes = Counter()
        for figures in self.columns.values():
            figures.rejected = 0
        for name, code, count in counts:
            self.codes[code] += count
            if name in self.columns:
                self.columns[name].rejected += count

    def pass_over(self, rows: int, repeated: int | None) -> None:
        """Count rows that the mode's rule passed over; `repeated` of them have their key again further down."""
        self.passed += rows
        self.repeated = None if self.repeated is None or repeated is None else self.repeated + repeated

    def as_json(self, plan: Plan, dialect: Dialect) -> dict[str, Any]:
        """Return the report.

        `columns` and `normalised` speak of `rows_in_report` rows, which are all that were loaded, by whichever attempt,
        unless the job failed. `rejected_by_code` is this attempt's; the database puts that of all in its place.
        """
        self.count_top()
        return {
            "dialect": dialect.as_json(),
            "rows_in_report": self.rows,
            "columns": {name: figures.as_json() for name, figures in self.columns.items()},
            "headers": [
                {"header": each.header, "column": each.column.name, "how": each.how}
                for each in plan.fields
                if each.index >= 0
            ],
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
