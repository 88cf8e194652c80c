"""Dates that mean another day when day and month change places are rejected, and no others."""

import numpy as np
import polars as pl
import pytest

from processor.model import CastResult, Column, Reason, Rows
from processor.validate import check, settle
from tests.columns import column, plan_of
from tests.rejected_cells import rejected_codes

DAY = column("public.day", base="date", kind="d")
DAYS = column("date[]")
MOMENT = column("timestamp with time zone")
ADVICE = "the order of day and month is ambiguous: set date_formats, timestamp_formats or locale"


def rejected(of: Column, text: str, state: str) -> list[tuple[int, Reason]]:
    """Return the rejections of a text that Postgres refuses with this SQLSTATE."""
    rows = Rows(pl.DataFrame({"c": [text]}), np.arange(1, dtype=np.int64))
    _, rejections = settle(check(rows, plan_of(of)), [CastResult(of, {text: state})])
    return rejections.cells()


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


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (column("date"), "13/04/2024"),
        (column("date"), "04/13/2024"),
        (column("date"), "13-04-24"),
        (DAY, "31.12.2024"),
        (MOMENT, "13/04/2024 10:30:00 -03"),
        (DAYS, "{2026-01-01,13/04/2024}"),
        (column("daterange"), "[13/04/2024,)"),
    ],
)
def test_date_out_of_range_in_one_order_only_asks_for_the_order(of: Column, text: str) -> None:
    assert rejected(of, text, "22008") == [(0, Reason("c", "IJ403", f"c: {ADVICE}"))]


@pytest.mark.parametrize(
    ("of", "text", "state", "code"),
    [
        (column("date"), "13/13/2024", "22008", "IJ405"),
        (column("date"), "2024-13-01", "22008", "IJ405"),
        (column("date"), "32/04/2024", "22008", "IJ405"),
        (column("date"), "13/04/2024", "22007", "IJ403"),
        (column("time without time zone"), "13/04/2024", "22008", "IJ405"),
    ],
)
def test_other_values_that_are_no_dates_keep_their_message(of: Column, text: str, state: str, code: str) -> None:
    ((_, reason),) = rejected(of, text, state)
    assert reason.code == code
    assert ADVICE not in reason.message
