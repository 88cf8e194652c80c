"""A report that was kept and restored in between says what it says of the whole file at once."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from processor.model import Change, Column, Dialect, Field, Plan, Rejections, Rows
from processor.report import Report, is_worth_keeping, kept, restore
from processor.report.top import TOP_ROWS

COLUMNS = {"n": "integer", "t": "text"}
PLAN = Plan(
    2,
    tuple(
        Field(index=at, header=name, column=Column(name=name, type=kind, base=kind, kind="b", not_null=False, required=False)) for at, (name, kind) in enumerate(COLUMNS.items())
    ),
)
ROWS = TOP_ROWS + 5000


def begun(plan: Plan = PLAN) -> Report:
    report = Report()
    report.begin(plan)
    return report


def chunk(first: int, last: int) -> pl.DataFrame:
    """Rows with many numbers, few texts, some nulls, and the extremes far behind."""
    texts = [None if at % 7 == 0 else f"{'z' * (at % 300)}{at % 50}" for at in range(first, last)]
    return pl.DataFrame({"n": [str((at * 7919) % 100_003 - 50_000) for at in range(first, last)], "t": texts})


def rows_of(frame: pl.DataFrame) -> Rows:
    return Rows(frame, np.arange(frame.height))


def take(report: Report, first: int, last: int) -> None:
    changed = Change("t", last - first, ((f"{first} ", f"{first}"),))
    report.add(rows_of(chunk(first, last)), Rejections((0,), ("n",), ("IJ403",), ("no number",)), (changed,))
    report.pass_over(3, 1)


def said(report: Report) -> dict[str, object]:
    """Return what the report says; which of equally frequent values are its top ones is left to chance."""
    told = report.as_json(PLAN, Dialect())
    for column in told["columns"].values():
        column["top"] = [each["count"] for each in column["top"]]
    return {name: told[name] for name in told if name != "seconds"}


@pytest.mark.parametrize("part", [1000, 6000])
def test_restored_report_goes_on_as_if_nothing_had_been(part: int) -> None:
    whole, before, after = begun(), begun(), begun()
    spans = [(at, min(at + part, ROWS)) for at in range(0, ROWS, part)]
    for first, last in spans:
        take(whole, first, last)
    stop = next(at for at, (_, last) in enumerate(spans) if last >= TOP_ROWS) + 1
    for first, last in spans[:stop]:
        take(before, first, last)
    assert is_worth_keeping(before)
    assert restore(after, json.loads(json.dumps(kept(before), sort_keys=True)))  # jsonb keeps no order either
    assert [figures.top for figures in after.columns.values()] == [figures.top for figures in before.columns.values()]
    for first, last in spans[stop:]:
        take(after, first, last)
    counts = [("n", "IJ403", len(spans))]
    whole.recount(counts)
    after.recount(counts)
    assert said(after) == said(whole)


def test_few_rows_are_not_worth_keeping() -> None:
    report = begun()
    take(report, 0, TOP_ROWS - 1)
    assert not is_worth_keeping(report)


def test_figures_of_other_columns_or_versions_are_left_alone() -> None:
    report = begun()
    take(report, 0, 10)
    figures = json.loads(json.dumps(kept(report)))
    other = begun(Plan(1, PLAN.fields[:1]))
    assert not restore(other, figures)
    assert not restore(begun(), figures | {"format": "1 0.0.1"})
    assert other.rows == 0


def test_kept_texts_are_short() -> None:
    report = begun()
    report.add(rows_of(pl.DataFrame({"n": ["1"], "t": ["x" * 100_000]})), Rejections(), ())
    assert len(kept(report)["columns"]["t"]["greatest"]) == 100


def test_counts_of_the_database_take_the_place_of_an_attempts_own() -> None:
    report = begun()
    take(report, 0, 10)
    report.recount([("n", "IJ403", 5), (None, "IJ401", 5)])
    told = report.as_json(PLAN, Dialect())
    assert told["rejected_by_code"] == {"IJ403": 5, "IJ401": 5}
    assert told["columns"]["n"]["valid"] == round(10 / 15, 4)
