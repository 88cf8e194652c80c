"""Sure texts pass, unsure ones become doubts, and a verdict rejects each row once, for its first offending column."""

import numpy as np
import polars as pl
import pytest

from processor.model import CastResult, Column, Field, Plan, Rejections, Rows
from processor.validate import check, opaque_doubts, settle

AGE = Column(name="age", type="integer", base="integer", kind="b", not_null=True, required=True)
CITY = Column(name="city", type="character varying(5)", base="character varying", kind="b", not_null=False, required=False)
NOTE = Column(name="note", type="text", base="text", kind="b", not_null=False, required=False)
DATA = Column(name="data", type="jsonb", base="jsonb", kind="b", not_null=False, required=False)
PLAN = Plan(4, tuple(Field(index=at, header=column.name, column=column) for at, column in enumerate((AGE, CITY, NOTE, DATA))))


def rows(*records: tuple[str | None, ...], index: list[int] | None = None) -> Rows:
    names = [field.column.name for field in PLAN.fields]
    frame = pl.DataFrame(list(records), schema=dict.fromkeys(names, pl.String), orient="row")
    return Rows(frame, np.array(index if index is not None else range(len(records)), dtype=np.int64))


def doubts(checked_or_doubts) -> dict[str, list[str]]:
    return {doubt.column.name: doubt.values.to_list() for doubt in checked_or_doubts}


def test_sure_texts_leave_no_doubt():
    checked = check(rows(("1", "Natal", "x", "{"), ("-2", None, None, None)), PLAN)
    assert checked.uncertain == ()
    assert checked.rejections == Rejections()


def test_unsure_texts_are_asked_once_each():
    checked = check(rows(("0x1F", "Curitiba", "", "{}"), ("0x1F", "Recife  ", "", "{}"), ("1", "Natal", "", "")), PLAN)
    assert doubts(checked.uncertain) == {"age": ["0x1F"], "city": ["Curitiba", "Recife  "]}


def test_refused_values_reject_their_rows_by_record_number():
    checked = check(rows(("x", "a", "", ""), ("2", "Curitiba", "", ""), ("3", "b", "", ""), index=[4, 7, 9]), PLAN)
    kept, rejected = settle(checked, [CastResult(AGE, {"x": "22P02"}), CastResult(CITY, {"Curitiba": "22001"})])
    assert kept.frame.rows() == [("3", "b", "", "")]
    assert kept.index.tolist() == [9]
    assert rejected == Rejections(
        rows=(4, 7),
        columns=("age", "city"),
        codes=("IJ403", "IJ406"),
        messages=("age: not a valid integer", "city: longer than character varying(5) takes"),
    )


def test_doubts_that_postgres_accepts_are_loaded():
    checked = check(rows((" 1 ", "a", "", "")), PLAN)
    kept, rejected = settle(checked, [CastResult(AGE, {})])
    assert kept.frame.rows() == [(" 1 ", "a", "", "")]
    assert rejected == Rejections()


def test_null_in_a_not_null_column_is_rejected_without_asking():
    kept, rejected = settle(check(rows((None, "a", "", ""), ("1", "b", "", "")), PLAN), ())
    assert kept.index.tolist() == [1]
    assert (rejected.rows, rejected.columns, rejected.codes) == ((0,), ("age",), ("IJ404",))


def test_first_offending_column_decides_whatever_is_known_first():
    later_not_null = Column(name="note", type="text", base="text", kind="b", not_null=True, required=True)
    plan = Plan(4, (*PLAN.fields[:2], Field(index=2, header="note", column=later_not_null), PLAN.fields[3]))
    checked = check(rows(("x", "Curitiba", None, ""), ("1", "Curitiba", None, ""), ("1", "a", None, "")), plan)
    verdicts = [CastResult(CITY, {"Curitiba": "22001"}), CastResult(AGE, {"x": "22P02"})]
    _, rejected = settle(checked, verdicts)
    assert rejected.rows == (0, 1, 2)
    assert rejected.columns == ("age", "city", "note")
    assert rejected.codes == ("IJ403", "IJ406", "IJ404")


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
def test_sqlstates_become_codes(sqlstate, code):
    _, rejected = settle(check(rows(("x", "secret", "", "")), PLAN), [CastResult(AGE, {"x": sqlstate})])
    assert rejected.codes == (code,)
    assert rejected.messages[0].startswith("age")


def test_opaque_columns_are_asked_in_the_second_round_only():
    chunk = rows(("1", "a", "", "{"), ("1", "a", "", "{"), ("1", "a", "", None))
    assert check(chunk, PLAN).uncertain == ()
    assert doubts(opaque_doubts(chunk, PLAN)) == {"data": ["{"]}


def test_every_row_of_many_can_be_rejected():
    checked = check(rows(*[(f"x{at}", "a", "", "") for at in range(5000)]), PLAN)
    kept, rejected = settle(checked, [CastResult(AGE, {f"x{at}": "22P02" for at in range(5000)})])
    assert kept.frame.height == 0
    assert rejected.rows == tuple(range(5000))


def test_no_rows_at_all():
    kept, rejected = settle(check(rows(), PLAN), ())
    assert (kept.frame.height, rejected) == (0, Rejections())


def test_a_frame_of_texts_only():
    text_only = Plan(1, (PLAN.fields[2],))
    frame = pl.DataFrame({"note": ["a", None, "b"]}, schema={"note": pl.String})
    assert check(Rows(frame, np.arange(3)), text_only).uncertain == ()


DAY, DAYS = Column(name="c", type="public.day", base="date", kind="d", not_null=False, required=False), Column(name="c", type="date[]", base="date[]", kind="b", not_null=False, required=False)
MOMENT = Column(name="c", type="timestamp with time zone", base="timestamp with time zone", kind="b", not_null=False, required=False)


@pytest.mark.parametrize(
    ("column", "text", "refused"),
    [
        (DAY, "01/02/2026", True),
        (DAY, "2026-02-01", False),
        (DAY, "31/12/2026", False),
        (DAY, "1 Feb 2026", False),
        (DAYS, "{2026-01-01,01/02/2026}", True),
        (DAYS, "{2026-01-01,2026-01-02}", False),
        (Column(name="c", type="daterange", base="daterange", kind="b", not_null=False, required=False), "[2.1.2026,)", True),
        (MOMENT, "10:30 1 2 26", True),
        (MOMENT, "040506 01/02/2026", True),
        (MOMENT, "2026-01-02 03:04:05.1234567890", False),
        (MOMENT, "01/01/2026", False),
    ],
)
def test_a_day_that_two_orders_read_differently_is_refused(column, text, refused):
    one = Rows(pl.DataFrame({"c": [text, None]}, schema={"c": pl.String}), np.arange(2, dtype=np.int64))
    _, rejected = settle(check(one, Plan(1, (Field(index=0, header="c", column=column),))), ())
    assert (rejected.rows, rejected.codes) == (((0,), ("IJ403",)) if refused else ((), ()))
