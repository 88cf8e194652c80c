"""A report that is restored from kept figures ends like a report on the whole file."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from processor.model import Change, Dialect, Plan, Reason, Rejections, Rows
from processor.report import Report, is_worth_keeping, kept_figures, restore_figures
from processor.report.top_values import TOP_ROWS
from tests.columns import column, plan_of

PLAN = plan_of(column("integer", "n"), column("text", "t"))
ROWS = TOP_ROWS + 5000


def new_report(plan: Plan = PLAN) -> Report:
    report = Report()
    report.begin(plan)
    return report


def chunk(first: int, last: int) -> pl.DataFrame:
    """Return rows with many numbers, few texts and some nulls, whose extremes come late."""
    texts = [None if at % 7 == 0 else f"{'z' * (at % 300)}{at % 50}" for at in range(first, last)]
    return pl.DataFrame({"n": [str((at * 7919) % 100_003 - 50_000) for at in range(first, last)], "t": texts})


def rows_of(frame: pl.DataFrame) -> Rows:
    return Rows(frame, np.arange(frame.height))


def add_chunk(report: Report, first: int, last: int) -> None:
    changed = Change("t", last - first, ((f"{first} ", f"{first}"),))
    report.add(rows_of(chunk(first, last)), Rejections.of([0], Reason("n", "IJ403", "no number")), (changed,))
    report.skip(3, 1)


def comparable(report: Report) -> dict[str, object]:
    """Return the report without seconds and without top values, since equally frequent values have no order."""
    figures = report.as_json(PLAN, Dialect())
    for of_column in figures["columns"].values():
        of_column["top"] = [value["count"] for value in of_column["top"]]
    return {name: figures[name] for name in figures if name != "seconds"}


@pytest.mark.parametrize("part", [1000, 6000])
def test_restored_report_equals_the_report_on_the_whole_file(part: int) -> None:
    whole, before, after = new_report(), new_report(), new_report()
    spans = [(at, min(at + part, ROWS)) for at in range(0, ROWS, part)]
    for first, last in spans:
        add_chunk(whole, first, last)
    stop = next(at for at, (_, last) in enumerate(spans) if last >= TOP_ROWS) + 1
    for first, last in spans[:stop]:
        add_chunk(before, first, last)
    assert is_worth_keeping(before)
    # Sorted keys, because jsonb does not keep the order of keys.
    assert restore_figures(after, json.loads(json.dumps(kept_figures(before), sort_keys=True)))
    assert [figures.top for figures in after.columns.values()] == [figures.top for figures in before.columns.values()]
    for first, last in spans[stop:]:
        add_chunk(after, first, last)
    counts = [("n", "IJ403", len(spans))]
    whole.set_rejections(len(spans), counts)
    after.set_rejections(len(spans), counts)
    assert comparable(after) == comparable(whole)


def test_figures_of_few_rows_are_not_worth_keeping() -> None:
    report = new_report()
    add_chunk(report, 0, TOP_ROWS - 1)
    assert not is_worth_keeping(report)


def test_figures_of_other_columns_or_another_format_are_not_restored() -> None:
    report = new_report()
    add_chunk(report, 0, 10)
    figures = json.loads(json.dumps(kept_figures(report)))
    other = new_report(Plan(1, PLAN.fields[:1]))
    assert not restore_figures(other, figures)
    assert not restore_figures(new_report(), figures | {"format": "1 0.0.1"})
    assert other.rows == 0


def test_kept_texts_are_short() -> None:
    report = new_report()
    report.add(rows_of(pl.DataFrame({"n": ["1"], "t": ["x" * 100_000]})), Rejections(), ())
    assert len(kept_figures(report)["columns"]["t"]["greatest"]) == 100


def test_rejection_counts_of_the_database_replace_those_of_the_attempt() -> None:
    report = new_report()
    add_chunk(report, 0, 10)
    report.set_rejections(10, [("n", "IJ403", 5), (None, "IJ401", 5)])
    figures = report.as_json(PLAN, Dialect())
    assert figures["rejected_by_code"] == {"IJ403": 5, "IJ401": 5}
    assert figures["columns"]["n"]["valid"] == round(10 / 15, 4)
