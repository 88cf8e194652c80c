"""Dates that mean another day when day and month change places are rejected, and no others."""

import numpy as np
import polars as pl
import pytest

from processor.model import Column, Rows
from processor.validate import check, settle
from tests.columns import column, plan_of
from tests.rejected_cells import rejected_codes

DAY = column("public.day", base="date", kind="d")
DAYS = column("date[]")
MOMENT = column("timestamp with time zone")


def rejections(of: Column, text: str) -> list[tuple[int, str]]:
    """Return the rows and codes that are rejected of a text and a null."""
    rows = Rows(pl.DataFrame({"c": [text, None]}, schema={"c": pl.String}), np.arange(2, dtype=np.int64))
    _, rejected = settle(check(rows, plan_of(of)), ())
    return rejected_codes(rejected)


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (DAY, "01/02/2026"),
        (DAYS, "{2026-01-01,01/02/2026}"),
        (column("daterange"), "[2.1.2026,)"),
        (MOMENT, "10:30 1 2 26"),
        (MOMENT, "040506 01/02/2026"),
    ],
)
def test_ambiguous_date_is_rejected(of: Column, text: str) -> None:
    assert rejections(of, text) == [(0, "IJ403")]


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (DAY, "2026-02-01"),
        (DAY, "31/12/2026"),
        (DAY, "1 Feb 2026"),
        (DAYS, "{2026-01-01,2026-01-02}"),
        (MOMENT, "2026-01-02 03:04:05.1234567890"),
        (MOMENT, "01/01/2026"),
    ],
)
def test_unambiguous_date_is_not_rejected(of: Column, text: str) -> None:
    assert rejections(of, text) == []
