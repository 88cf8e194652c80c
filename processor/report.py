"""What there is to say about a run: a preview of the first rows, rejections by code, timings by step. Pure."""

import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from processor.flow import Plan, Rejections

PREVIEW_ROWS = 20
# A long text says nothing more in a preview; 20 rows of 50 columns stay under 300 kB.
PREVIEW_CHARACTERS = 300


@dataclass(slots=True)
class Report:
    """Collects while chunks go by; `as_json` is what the job's row gets."""

    codes: Counter[str] = field(default_factory=Counter[str])
    seconds: Counter[str] = field(default_factory=Counter[str])
    nulls: Counter[str] = field(default_factory=Counter[str])
    rows: int = 0
    preview: list[dict[str, str | None]] = field(default_factory=list[dict[str, str | None]])

    @contextmanager
    def timed(self, step: str) -> Generator[None]:
        """Count the wall time of a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - start  # pyright: ignore[reportArgumentType]

    def add(self, frame: pl.DataFrame, rejections: Rejections) -> None:
        """Take in a loaded chunk: its rows as they were loaded, and what was rejected."""
        self.codes.update(rejections.codes)
        self.rows += frame.height
        for name, count in zip(frame.columns, frame.null_count().row(0), strict=True) if frame.width else ():
            self.nulls[name] += count
        if len(self.preview) < PREVIEW_ROWS:
            head = frame.head(PREVIEW_ROWS - len(self.preview))
            self.preview += head.select(pl.all().str.slice(0, PREVIEW_CHARACTERS)).to_dicts()

    def as_json(self, plan: Plan) -> dict[str, Any]:
        """Return the report: how headers were mapped, nulls by column, rejections by code, seconds by step.

        After a resume `columns` and `rejected_by_code` speak of this attempt's rows alone: `rows_in_report` of them.
        """
        return {
            "rows_in_report": self.rows,
            "columns": {
                item.column.name: {"header": item.header, "nulls": self.nulls[item.column.name]} for item in plan.fields
            },
            "ignored_headers": list(plan.ignored),
            "rejected_by_code": dict(self.codes),
            "seconds": {step: round(float(value), 3) for step, value in self.seconds.items()},
        }
