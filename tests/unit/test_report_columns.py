"""The figures of a column at their limits: very long numbers and very long texts."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from processor.model import Dialect, Rejections, Rows
from processor.report import Report
from processor.report.top_values import TOP_CHARACTERS
from tests.columns import column, plan_of


def column_figures(type_name: str, *chunks: list[str]) -> dict[str, Any]:
    """Return the reported figures of one column whose texts come in these chunks."""
    plan = plan_of(column(type_name))
    report = Report()
    report.begin(plan)
    for texts in chunks:
        report.add(Rows(pl.DataFrame({"c": texts}), np.arange(len(texts))), Rejections(), ())
    return report.as_json(plan, Dialect())["columns"]["c"]


@pytest.mark.parametrize("type_name", ["integer", "bigint", "numeric", "double precision"])
@pytest.mark.parametrize("number", ["0" * 5000, "-" + "0" * 5000, "0" * 4999 + "7", "9" * 5000])
def test_number_with_more_digits_than_python_reads_is_neither_least_nor_greatest(type_name: str, number: str) -> None:
    figures = column_figures(type_name, ["3", number, "5"])
    assert (figures["min"], figures["max"], figures["filled"]) == ("3", "5", 1.0)


def test_top_values_count_fewer_rows_where_texts_are_long() -> None:
    long = ["x" * (TOP_CHARACTERS // 4)] * 5
    short = ["y"] * 9000
    assert [value["count"] for value in column_figures("text", long, short)["top"]] == [5]
    assert [value["count"] for value in column_figures("text", short, long)["top"]] == [9000, 5]
