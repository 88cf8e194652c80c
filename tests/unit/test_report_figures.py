"""Figures of columns at their limits."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from processor.model import Column, Dialect, Field, Plan, Rejections, Rows
from processor.report import Report
from processor.report.top import TOP_CHARACTERS


def report_of(type_name: str, *parts: list[str]) -> dict[str, Any]:
    """Report on chunks of one column."""
    column = Column(name="c", type=type_name, base=type_name, kind="b", not_null=False, required=False)
    plan = Plan(1, (Field(index=0, header="c", column=column),))
    report = Report()
    report.begin(plan)
    for texts in parts:
        report.add(Rows(pl.DataFrame({"c": texts}), np.arange(len(texts))), Rejections(), ())
    return report.as_json(plan, Dialect())["columns"]["c"]


@pytest.mark.parametrize("type_name", ["integer", "bigint", "numeric", "double precision"])
@pytest.mark.parametrize("number", ["0" * 5000, "-" + "0" * 5000, "0" * 4999 + "7", "9" * 5000])
def test_more_digits_than_python_reads_are_no_end_of_the_order(type_name: str, number: str) -> None:
    found = report_of(type_name, ["3", number, "5"])
    assert (found["min"], found["max"], found["filled"]) == ("3", "5", 1.0)


def test_of_long_texts_fewer_rows_are_looked_at_for_the_top_values() -> None:
    long = ["x" * (TOP_CHARACTERS // 4)] * 5
    short = ["y"] * 9000
    assert [each["count"] for each in report_of("text", long, short)["top"]] == [5]
    assert [each["count"] for each in report_of("text", short, long)["top"]] == [9000, 5]
