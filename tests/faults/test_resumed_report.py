"""Report and preview of a job that was resumed speak of the whole file, whoever loaded its rows."""

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


def told(job: dict[str, Any]) -> dict[str, Any]:
    """Return what a report says of a file; equally frequent values are in no order."""
    report = {name: job["report"][name] for name in ("rows_in_report", "rejected_by_code", "normalised", "columns")}
    for column in report["columns"].values():
        column["top"] = [each["count"] for each in column["top"]]
    return {"preview": job["preview"], **report}


def undisturbed(stack: FaultStack, case: Case, **settings: object) -> dict[str, Any]:
    """Import the same file in one go; return what the job tells."""
    return told(stack.completed(stack.insert(stack.table(), case.data, **settings)))


@pytest.mark.parametrize("phase", RESUMED)
def test_report_of_a_resumed_job_is_that_of_an_undisturbed_one(stack: FaultStack, phase: str) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES[phase](stack) as case:
        victim.kill()
    stack.processor()
    job = stack.completed(case)
    assert "resumed" in stack.events(case)
    assert told(job) == undisturbed(stack, case)


def test_figures_that_were_kept_are_not_gathered_again(stack: FaultStack) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES["mid_copy"](stack) as case:
        victim.kill()
    figures = figures_of(case, stack.ledger(case)[1]["next_record"] - 1)
    # The mode skips no row; the count of 5 shows that the report has the kept figures.
    kept_with = Jsonb(figures | {"skipped": 5, "chunks": [[0, 1]]})
    stack.sql("update importer.job_chunks set figures = %s where job_id = %s and seq = 1", kept_with, case.job)
    stack.processor()
    job = stack.completed(case)
    assert job["report"]["passed_over"] == 5
    assert told(job) == undisturbed(stack, case)


def figures_of(case: Case, records: int) -> dict[str, Any]:
    """Return what is kept of a report on the first records of a file."""
    columns = [Column(name="id", type="integer", base="integer", kind="b", not_null=False, required=False), Column(name="note", type="text", base="text", kind="b", not_null=False, required=False)]
    report = Report()
    report.begin(Plan(2, tuple(Field(index=at, header=column.name, column=column) for at, column in enumerate(columns))))
    rows = [row for row in parsed(case.data)[:records] if row[0].isdigit()]
    report.add(Rows(pl.DataFrame(rows, schema=["id", "note"], orient="row"), np.arange(len(rows))), Rejections(), ())
    return kept_figures(report)


def test_preview_of_a_resumed_job_begins_in_the_chunks_of_the_first_attempt(stack: FaultStack) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    # Nothing of the first chunk, which is all that the first attempt brings in, can be loaded.
    rows = [f"{'bad' if at <= 800 else ''}{at},{'x' * 100}\n" for at in range(1, 2001)]
    with stack.gate(1000) as gate:
        case = stack.insert(stack.table(1000), ("id,note\n" + "".join(rows)).encode(), options={"max_errors": 1000})
        gate.wait_for("copy%")
        assert stack.job(case.job)["chunks_done"] >= 1
        victim.kill()
    stack.processor()
    job = stack.completed(case)
    assert [int(row["id"]) for row in job["preview"]] == list(range(801, 821))
