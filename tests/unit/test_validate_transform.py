"""Declared readings rewrite texts before they are checked, and reject texts that fit no declared form."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Change, Plan, Rows, Transformed
from processor.validate import check, make_reading, settle, transform
from tests.columns import column, plan_of
from tests.rejected_cells import messages, rejected_codes

PT_BR = {"locale": "pt-BR"}


def read(
    type_name: str, texts: list[str | None], *layers: dict[str, object], not_null: bool = False
) -> tuple[Transformed, Plan]:
    plan = plan_of(column(type_name, not_null=not_null), reading=make_reading(*layers))
    rows = Rows(pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)}), np.arange(len(texts), dtype=np.int64))
    return transform(rows, plan), plan


def texts_of(type_name: str, texts: list[str | None], *layers: dict[str, object]) -> list[str | None]:
    transformed, _ = read(type_name, texts, *layers)
    return transformed.rows.frame["c"].to_list()


@pytest.mark.parametrize(
    ("locale", "text", "number"),
    [
        ("pt-BR", "1.234,56", "1234.56"),
        ("pt-BR", "-1.234.567", "-1234567"),
        ("pt-BR", "1234,5", "1234.5"),
        ("pt-BR", ",5", ".5"),
        ("pt-BR", "1,5E+05", "1.5E+05"),
        ("pt-BR", "\u22123", "-3"),
        ("pt-BR", " 7 ", "7"),
        ("pt-BR", "1.23,4", None),
        ("pt-BR", "1234.56", None),
        ("pt-BR", "R$ 1", None),
        ("pt-BR", "1,2,3", None),
        ("en-US", "1,234.56", "1234.56"),
        ("en-US", "1.234,56", None),
        ("en-IN", "12,34,567.5", "1234567.5"),
        ("en-US", "12,34,567.5", None),
        ("fr-FR", "1 234,5", "1234.5"),
        ("fr-FR", "1\u202f234,5", "1234.5"),
        ("de-CH", "1\u2019234.5", "1234.5"),
    ],
)
def test_numbers_are_read_with_the_marks_of_a_country(locale, text, number):
    transformed, _ = read("numeric", [text, "0"], {"locale": locale})
    assert transformed.rows.frame["c"].to_list() == [number, "0"]
    assert rejected_codes(transformed.rejections) == ([(0, "IJ403")] if number is None else [])


def test_money_is_read_with_the_declared_marks():
    transformed, _ = read("money", ["1.234,56", "R$ 1"], {"locale": "pt-BR"})
    assert transformed.rows.frame["c"].to_list() == ["1234.56", None]
    assert rejected_codes(transformed.rejections) == [(1, "IJ403")]


@settings(deadline=None)
@given(
    st.lists(st.decimals(-(10**12), 10**12, places=2), min_size=1, max_size=20),
    st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'")]),
)
def test_numbers_written_with_marks_are_read_back(numbers, marks):
    decimal, thousands = marks
    texts = [f"{number:,.2f}".translate(str.maketrans({",": thousands, ".": decimal})) for number in numbers]
    assert texts_of("numeric", texts, {"decimal": decimal, "thousands": thousands}) == [f"{n:.2f}" for n in numbers]


def test_decimal_mark_alone_allows_no_thousands_mark():
    assert texts_of("numeric", ["1,5", "1.000,5"], {"decimal": ","}) == ["1.5", None]


def test_boolean_words_of_a_preset_are_read():
    assert texts_of("boolean", ["Sim", "NÃO", "nao", "1", None, "talvez"], PT_BR) == [
        "true",
        "false",
        "false",
        "true",
        None,
        None,
    ]


def test_words_for_true_alone_leave_the_words_of_postgres_for_false():
    assert texts_of("boolean", ["ok", "no", "yes"], {"true_values": ["OK"]}) == ["true", "false", None]


def test_dates_of_a_preset_are_read():
    given_texts = ["31/12/2026", "31.12.2026", "2026-12-31", "31 de dezembro de 2026", "12/31/2026"]
    assert texts_of("date", given_texts, PT_BR) == ["2026-12-31"] * 4 + [None]


def test_repeated_values_are_rewritten_in_every_row():
    texts = ["31/12/2026", None, "x", "01/02/2026"] * 50
    transformed, _ = read("date", texts, PT_BR)
    assert transformed.rows.frame["c"].to_list() == ["2026-12-31", None, None, "2026-02-01"] * 50
    assert transformed.rejections.records.tolist() == list(range(2, 200, 4))


def test_trimming_makes_white_space_null_and_keeps_the_quoted_empty_text():
    assert texts_of("text", ["  a ", "\u00a0", "", None], {"trim": True}) == ["a", None, "", None]


def test_null_values_are_compared_after_trimming():
    assert texts_of("text", [" NA ", "N/A", "NAN"], {"trim": True, "null_values": ["NA", "N/A"]}) == [None, None, "NAN"]


def test_case_applies_to_text_types_only():
    assert texts_of("text", ["Ação", None], {"case": "upper"}) == ["AÇÃO", None]
    assert texts_of("uuid", ["Ab"], {"case": "lower"}) == ["Ab"]


def test_columns_of_other_types_are_not_rewritten():
    assert texts_of("jsonb", ["1.234,56", "31/12/2026"], PT_BR) == ["1.234,56", "31/12/2026"]


def test_zone_applies_to_timestamptz_only():
    moment, zone = ["2026-12-31 10:00"], {"time_zone": "America/Sao_Paulo"}
    assert texts_of("timestamp with time zone", moment, zone) == ["2026-12-31 10:00 America/Sao_Paulo"]
    assert texts_of("timestamp without time zone", moment, zone) == moment


def test_value_that_is_not_read_is_rejected_as_invalid_and_not_as_null():
    transformed, plan = read("numeric", ["x", "1,5", None], {"decimal": ","}, not_null=True)
    accepted, rejected = settle(check(transformed.rows, plan, transformed.rejections), ())
    assert accepted.frame["c"].to_list() == ["1.5"]
    assert rejected_codes(rejected) == [(0, "IJ403"), (2, "IJ404")]
    assert messages(rejected)[0] == "c: not a number with the declared marks"


@pytest.mark.parametrize("type_name", ["date", "timestamp without time zone", "timestamp with time zone"])
def test_dates_of_unknown_order_are_rejected(type_name):
    transformed, plan = read(type_name, ["01/02/2026", "1.2.26", "31/12/2026", "05/05/2026", "2026-01-02"])
    checked = check(transformed.rows, plan)
    assert rejected_codes(checked.rejections) == [(0, "IJ403"), (1, "IJ403")]
    assert "set date_formats" in messages(checked.rejections)[0]
    assert checked.uncertain[0].values.to_list() == ["31/12/2026", "05/05/2026"]


def test_timestamps_with_the_declared_zone_are_certain():
    transformed, plan = read(
        "timestamp with time zone", ["31/12/2026 10:00", "x"], PT_BR | {"time_zone": "America/Sao_Paulo"}
    )
    assert check(transformed.rows, plan, transformed.rejections).uncertain == ()


def test_changes_by_a_normaliser_are_counted_with_examples():
    transformed, _ = read("text", ["a  b", "ok", "c  d", None, "e  f", "g  h"], {"normalise": "text"})
    assert transformed.changes == (Change("c", 4, (("a  b", "a b"), ("c  d", "c d"), ("e  f", "e f"))),)


def test_regular_expression_of_a_column_may_have_its_own_code():
    normaliser = {"name": "regex", "pattern": "([a-z]{2})-?([0-9]+)", "replace": "$1-$2", "code": "SKU01"}
    transformed, _ = read("text", ["ab12", "ab-12", "12"], {"normalise": normaliser})
    assert transformed.rows.frame["c"].to_list() == ["ab-12", "ab-12", None]
    assert rejected_codes(transformed.rejections) == [(2, "SKU01")]


def test_default_reading_changes_nothing():
    transformed, plan = read("text", [" a "])
    assert transformed.rows.frame["c"].to_list() == [" a "]
    assert plan.fields[0].reading == make_reading()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('="0012"', "0012"),
        ('="a ""b"" c"', 'a "b" c'),
        ('=""', ""),
        ('="two\nlines"', "two\nlines"),
        ("=12", "=12"),
        ('="a"&"b"', '="a"&"b"'),
        ('="a"b"', '="a"b"'),
        ('="', '="'),
        ('"0012"', '"0012"'),
        (None, None),
    ],
)
def test_formula_that_is_a_text_becomes_that_text(text: str | None, value: str | None) -> None:
    assert texts_of("text", [text], {"formula_text": True}) == [value]
    assert texts_of("text", [text], {"formula_text": False}) == [text]


def test_texts_of_formulas_are_read_as_other_texts() -> None:
    options = {"formula_text": True, "locale": "pt-BR"}
    assert texts_of("numeric", [' ="1.234,5" ', '=" 7 "'], options) == ["1234.5", "7"]
    assert texts_of("text", ['="#N/D"', '="  "', "x"], options) == [None, None, "x"]


def empty_of(texts: list[str | None], options: dict[str, object]) -> list[bool] | None:
    empty = read("text", texts, options)[0].rows.empty
    return None if empty is None else empty["c"].to_list()


def test_empty_fields_that_take_the_default_are_marked_and_null_values_are_not() -> None:
    options = {"empty_as": "default", "null_values": ["NA"]}
    assert texts_of("text", [None, "", "NA", "x"], options) == [None, "", None, "x"]
    assert empty_of([None, "", "NA", "x"], options) == [True, False, False, False]
    assert empty_of([" ", "x"], options | {"trim": True}) == [True, False]
    assert empty_of(["", "x"], options) is None
    assert empty_of([None, "x"], {"empty_as": "null"}) is None


def test_default_of_the_targets_settings_precedes_that_of_the_table() -> None:
    assert texts_of("text", [None], {"empty_as": "default", "default": "-"}) == ["-"]
    assert empty_of([None], {"empty_as": "default", "default": "-"}) is None


def test_empty_field_is_accepted_where_the_table_has_a_default_and_a_null_value_is_not() -> None:
    transformed, plan = read(
        "integer", [None, "NA", "1"], {"empty_as": "default", "null_values": ["NA"]}, not_null=True
    )
    rows, rejections = settle(check(transformed.rows, plan, transformed.rejections), ())
    assert rejected_codes(rejections) == [(1, "IJ404")]
    assert rows.index.tolist() == [0, 2]
    assert rows.empty is not None
    assert rows.empty["c"].to_list() == [True, False]
