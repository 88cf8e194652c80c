"""The report of a run: figures of columns, rejections by code, changes by normalisers, and the seconds of each step."""

import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from processor.model import Change, Dialect, NoRows, Plan, Rejections, Rows
from processor.native import Batch
from processor.report.columns import ColumnFigures
from processor.report.top_values import FirstRows

T = TypeVar("T")

EXAMPLES = 5


@dataclass(slots=True, kw_only=True)
class Report:
    """Gathers the figures of a run, chunk by chunk; `as_json` returns what the job's row gets.

    `rejected_by_code` counts rejected cells, of which a record of `rejected_records` may have several. `skipped` counts
    rows that the target's mode skips; `superseded` those of them whose key comes again later in the same chunk, None
    when that number is unknown. `no_rows` counts records that are no rows.
    """

    rejected_by_code: Counter[str] = field(default_factory=Counter[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    columns: dict[str, ColumnFigures] = field(default_factory=dict[str, ColumnFigures])
    changed: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])
    rejected_records: int = 0
    rows: int = 0
    skipped: int = 0
    superseded: int | None = 0
    no_rows: NoRows = field(default_factory=NoRows)
    first_rows: FirstRows = field(default_factory=lambda: FirstRows.for_columns(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def timed_items(self, step: str, items: Iterator[T]) -> Generator[T]:
        """Yield the items, and add the time that each takes to arrive to the seconds of a step."""
        while True:
            with self.timed(step):
                item = next(items, None)
            if item is None:
                return
            yield item

    @contextmanager
    def timed(self, step: str) -> Generator[None]:
        """Add the wall time of the block to the seconds of a step; blocks that run in parallel are added up."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            with self._lock:
                self.seconds[step] = self.seconds.get(step, 0.0) + spent

    def begin(self, plan: Plan) -> None:
        """Create the figures of the plan's columns, all zero."""
        self.columns = {
            planned.column.name: ColumnFigures(column=planned.column, header=planned.header) for planned in plan.fields
        }
        self.first_rows = FirstRows.for_columns(len(self.columns))

    def add(self, rows: Rows, rejections: Rejections, changes: Sequence[Change]) -> None:
        """Add a committed chunk: its rows as they were loaded, its rejections, and what normalisers changed."""
        self._count(rejections)
        self.rows += rows.frame.height
        if rows.frame.height:
            self._measure(rows)
        for change in changes:
            self.changed[change.column] += change.count
            examples = self.examples.setdefault(change.column, [])
            examples += change.examples[: EXAMPLES - len(examples)]

    def _count(self, rejections: Rejections) -> None:
        self.rejected_records += len(rejections.distinct())
        for reason, cells in rejections.counts():
            self.rejected_by_code[reason.code] += cells
            if reason.column in self.columns:
                self.columns[reason.column].rejected += cells

    def _measure(self, rows: Rows) -> None:
        with Batch(rows.frame) as batch:
            for place, (name, figures) in enumerate(self.columns.items()):
                figures.add(batch, place, rows.frame.get_column(name), ascii_only=rows.ascii_only)
        characters = sum(figures.characters for figures in self.columns.values())
        if self.first_rows.add(rows.frame, characters):
            self._count_top_values()

    def _count_top_values(self) -> None:
        """Count the top values of the collected rows, once.

        To count them chunk by chunk took two thirds of the time of a file with 200 columns.
        """
        for name, values in self.first_rows.top_values().items():
            self.columns[name].top = values

    def reject_late(self, rejections: Rejections) -> None:
        """Count the codes of records that only the end of the job has rejected; their columns had valid values."""
        for reason, cells in rejections.counts():
            self.rejected_by_code[reason.code] += cells
        self.rejected_records += len(rejections.distinct())

    def set_rejections(self, records: int, counts: Iterable[tuple[str | None, str, int]]) -> None:
        """Replace the counts of rejections by the database's, which include those of earlier attempts.

        Each of `counts` has a column (None: the whole row), a code and a number of cells of the rejected `records`.
        """
        self.rejected_records, self.rejected_by_code = records, Counter()
        for figures in self.columns.values():
            figures.rejected = 0
        for name, code, count in counts:
            self.rejected_by_code[code] += count
            if name in self.columns:
                self.columns[name].rejected += count

    def skip(self, rows: int, superseded: int | None) -> None:
        """Count rows that the mode skips; `superseded` of them have a key that comes again later in their chunk."""
        self.skipped += rows
        self.superseded = None if self.superseded is None or superseded is None else self.superseded + superseded

    def count_no_rows(self, more: NoRows) -> None:
        """Count records that are no rows."""
        self.no_rows = NoRows(self.no_rows.empty_rows + more.empty_rows, self.no_rows.footer + more.footer)

    def as_json(self, plan: Plan, dialect: Dialect, *, mode_skips: bool = True) -> dict[str, Any]:
        """Return the report as the job's row shows it; without `mode_skips`, triggers have skipped the skipped rows.

        `columns` and `normalised` are about `rows_in_report` rows. Unless the job failed, these are all loaded rows, of
        earlier attempts too. `rejected_by_code` counts this attempt's rejections; the database replaces it by the count
        of all attempts.
        """
        self._count_top_values()
        return {
            "dialect": dialect.as_json(),
            "rows_in_report": self.rows,
            "columns": {name: figures.as_json() for name, figures in self.columns.items()},
            "headers": [
                {"header": planned.header, "column": planned.column.name, "how": planned.how}
                for planned in plan.fields
                if planned.index >= 0
            ],
            "ignored_headers": list(plan.ignored),
            "rejected_by_code": dict(self.rejected_by_code),
            "skipped_by_mode": self.skipped if mode_skips else 0,
            "skipped_by_trigger": 0 if mode_skips else self.skipped,
            "superseded_in_chunk": self.superseded,
            "skipped_empty_rows": self.no_rows.empty_rows,
            "skipped_footer": self.no_rows.footer,
            "normalised": {
                name: {"count": count, "examples": [{"before": a, "after": b} for a, b in self.examples.get(name, [])]}
                for name, count in self.changed.items()
            },
            "seconds": {step: round(value, 3) for step, value in self.seconds.items()},
        } | self._contact_percentages(plan)

    def _contact_percentages(self, plan: Plan) -> dict[str, float]:
        """Return the percentage of records with a valid address or number: `pct_with_email`, `pct_with_phone`."""
        percentages: dict[str, float] = {}
        for planned in plan.fields:
            figures = self.columns[planned.column.name]
            kind = planned.reading.normaliser.name if planned.reading.normaliser else planned.column.name
            if kind in ("email", "phone") and figures.rows + figures.rejected:
                filled = figures.rows - figures.nulls
                records = self.rows + self.rejected_records
                percentages[f"pct_with_{kind}"] = round(100 * filled / records, 2)
        return percentages
