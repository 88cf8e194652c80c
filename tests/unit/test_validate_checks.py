"""Certain texts pass, uncertain ones are asked about, and cast results reject each row once, for its first column."""

import numpy as np
import polars as pl
import pytest

from processor.model import CastResult, Plan, Reason, Rows, UncertainValues
from processor.validate import check, opaque_values, settle
from tests.columns import column, plan_of
from tests.rejected_cells import messages, rejected_cells, rejected_codes

AGE = column("integer", "age", not_null=True)
CITY = column("character varying(5)", "city")
NOTE = column("text", "note")
DATA = column("jsonb", "data")
PLAN = plan_of(AGE, CITY, NOTE, DATA)


def rows(*records: tuple[str | None, ...], index: list[int] | None = None) -> Rows:
    names = [field.column.name for field in PLAN.fields]
    frame = pl.DataFrame(list(records), schema=dict.fromkeys(names, pl.String), orient="row")
    return Rows(frame, np.array(index if index is not None else range(len(records)), dtype=np.int64))


def texts_by_column(uncertain: tuple[UncertainValues, ...]) -> dict[str, list[str]]:
    return {values.column.name: values.values.to_list() for values in uncertain}


def test_certain_texts_are_not_uncertain():
    checked = check(rows(("1", "Natal", "x", "{"), ("-2", None, None, None)), PLAN)
    assert checked.uncertain == ()
    assert checked.rejections.cells() == []


def test_uncertain_texts_are_listed_once_each():
    checked = check(rows(("0x1F", "Curitiba", "", "{}"), ("0x1F", "Recife  ", "", "{}"), ("1", "Natal", "", "")), PLAN)
    assert texts_by_column(checked.uncertain) == {"age": ["0x1F"], "city": ["Curitiba", "Recife  "]}


def test_invalid_values_reject_their_rows_by_record_index():
    checked = check(rows(("x", "a", "", ""), ("2", "Curitiba", "", ""), ("3", "b", "", ""), index=[4, 7, 9]), PLAN)
    accepted, rejected = settle(checked, [CastResult(AGE, {"x": "22P02"}), CastResult(CITY, {"Curitiba": "22001"})])
    assert accepted.frame.rows() == [("3", "b", "", "")]
    assert accepted.index.tolist() == [9]
    assert rejected.cells() == [
        (4, Reason("age", "IJ403", "age: not a valid integer")),
        (7, Reason("city", "IJ406", "city: too long for character varying(5)")),
    ]


def test_uncertain_values_that_postgres_accepts_are_loaded():
    checked = check(rows((" 1 ", "a", "", "")), PLAN)
    accepted, rejected = settle(checked, [CastResult(AGE, {})])
    assert accepted.frame.rows() == [(" 1 ", "a", "", "")]
    assert rejected.cells() == []


def test_null_in_a_not_null_column_is_rejected_without_a_cast():
    accepted, rejected = settle(check(rows((None, "a", "", ""), ("1", "b", "", "")), PLAN), ())
    assert accepted.index.tolist() == [1]
    assert rejected_cells(rejected) == [(0, "age", "IJ404")]


def test_all_columns_at_fault_are_rejected_in_their_order_whatever_that_of_the_results():
    plan = plan_of(AGE, CITY, column("text", "note", not_null=True), DATA)
    checked = check(rows(("x", "Curitiba", None, ""), ("1", "Curitiba", None, ""), ("1", "a", None, "")), plan)
    results = [CastResult(CITY, {"Curitiba": "22001"}), CastResult(AGE, {"x": "22P02"})]
    _, rejected = settle(checked, results)
    assert rejected_cells(rejected) == [
        *[(0, "age", "IJ403"), (0, "city", "IJ406"), (0, "note", "IJ404")],
        *[(1, "city", "IJ406"), (1, "note", "IJ404")],
        (2, "note", "IJ404"),
    ]


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("22P02", "IJ403"),
        ("22007", "IJ403"),
        ("22008", "IJ405"),
        ("22003", "IJ405"),
        ("22001", "IJ406"),
        ("23514", "IJ412"),
        ("23502", "IJ404"),
        ("P0001", "IJ414"),
        ("42704", "IJ403"),
    ],
)
def test_sqlstate_of_a_cast_gives_the_code(sqlstate, code):
    _, rejected = settle(check(rows(("x", "secret", "", "")), PLAN), [CastResult(AGE, {"x": sqlstate})])
    assert rejected_codes(rejected) == [(0, code)]
    assert messages(rejected)[0].startswith("age")


def test_opaque_values_are_listed_separately():
    chunk = rows(("1", "a", "", "{"), ("1", "a", "", "{"), ("1", "a", "", None))
    assert check(chunk, PLAN).uncertain == ()
    assert texts_by_column(opaque_values(chunk, PLAN)) == {"data": ["{"]}


def test_every_row_of_many_can_be_rejected():
    checked = check(rows(*[(f"x{at}", "a", "", "") for at in range(5000)]), PLAN)
    accepted, rejected = settle(checked, [CastResult(AGE, {f"x{at}": "22P02" for at in range(5000)})])
    assert accepted.frame.height == 0
    assert rejected.records.tolist() == list(range(5000))


def test_chunk_without_rows_has_no_rejections():
    accepted, rejected = settle(check(rows(), PLAN), ())
    assert (accepted.frame.height, rejected.cells()) == (0, [])


def test_chunk_of_text_columns_alone_has_no_uncertain_values():
    text_only = Plan(1, (PLAN.fields[2],))
    frame = pl.DataFrame({"note": ["a", None, "b"]}, schema={"note": pl.String})
    assert check(Rows(frame, np.arange(3)), text_only).uncertain == ()
