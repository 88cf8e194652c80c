"""The report and the preview of a resumed job describe the whole file, whichever attempt loaded its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from psycopg.types.json import Jsonb

from processor.model import Column, Field, Plan, Rejections, Rows
from processor.report import Report, kept_figures
from tests.faults.files import Case, parsed
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import PHASES

RESUMED = ("mid_copy", "before_commit", "after_commit", "mid_download")


def about_file(job: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of preview and report that depend on the file alone.

    Of the most frequent values only the counts are kept, since the order of equally frequent values is not defined.
    """
    report = {name: job["report"][name] for name in ("rows_in_report", "rejected_by_code", "normalised", "columns")}
    for column in report["columns"].values():
        column["top"] = [value["count"] for value in column["top"]]
    return {"preview": job["preview"], **report}


def uninterrupted(stack: FaultStack, case: Case) -> dict[str, Any]:
    """Import the same file in one attempt; return what `about_file` returns of its job."""
    return about_file(stack.completed(stack.insert(stack.table(), case.data)))


@pytest.mark.parametrize("phase", RESUMED)
def test_report_of_a_resumed_job_equals_that_of_an_uninterrupted_one(stack: FaultStack, phase: str) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES[phase](stack) as case:
        victim.kill()
    stack.processor()
    job = stack.completed(case)
    assert "resumed" in stack.events(case)
    assert about_file(job) == uninterrupted(stack, case)


def test_figures_in_the_ledger_are_not_computed_again(stack: FaultStack) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES["mid_copy"](stack) as case:
        victim.kill()
    figures = figures_of(case, stack.ledger(case)[1]["next_record"] - 1)
    # No trigger skips a row, so that a count of 5 in the report can only come from the ledger.
    stored = Jsonb(figures | {"skipped": 5, "chunks": [[0, 1]]})
    stack.sql("update importer.job_chunks set figures = %s where job_id = %s and seq = 1", stored, case.job)
    stack.processor()
    job = stack.completed(case)
    assert job["report"]["skipped_by_trigger"] == 5
    assert about_file(job) == uninterrupted(stack, case)


def figures_of(case: Case, records: int) -> dict[str, Any]:
    """Return the figures that the ledger would keep of the first `records` records of a file."""
    types = {"id": "integer", "note": "text"}
    columns = [
        Column(name=name, type=type_, base=type_, kind="b", not_null=False, required=False)
        for name, type_ in types.items()
    ]
    fields = [Field(index=index, header=column.name, column=column) for index, column in enumerate(columns)]
    report = Report()
    report.begin(Plan(2, tuple(fields)))
    rows = [row for row in parsed(case.data)[:records] if row[0].isdigit()]
    report.add(Rows(pl.DataFrame(rows, schema=["id", "note"], orient="row"), np.arange(len(rows))), Rejections(), ())
    return kept_figures(report)


def test_preview_of_a_resumed_job_is_in_the_order_of_the_file(stack: FaultStack) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    # The first attempt commits only the first chunk, all of whose rows are rejected.
    rows = [f"{'bad' if key <= 800 else ''}{key},{'x' * 100}\n" for key in range(1, 2001)]
    with stack.gate(1000) as gate:
        case = stack.insert(stack.table(1000), ("id,note\n" + "".join(rows)).encode(), options={"max_errors": 1000})
        gate.wait_for("copy%")
        assert stack.job(case.job)["chunks_done"] >= 1
        victim.kill()
    stack.processor()
    job = stack.completed(case)
    assert [int(row["id"]) for row in job["preview"]] == list(range(801, 821))
