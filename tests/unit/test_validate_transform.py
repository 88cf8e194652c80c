"""Declared readings rewrite texts before the types are asked, and refuse what they do not explain."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Change, Column, Field, Plan, Rows
from processor.validate import check, make_reading, settle, transform

PT_BR = {"locale": "pt-BR"}


def read(type_name: str, texts: list[str | None], *layers: dict[str, object], not_null: bool = False):
    column = Column(name="c", type=type_name, base=type_name.split("(")[0], kind="b", not_null=not_null, required=False)
    plan = Plan(1, (Field(index=0, header="c", column=column, reading=make_reading(*layers)),))
    rows = Rows(pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)}), np.arange(len(texts), dtype=np.int64))
    return transform(rows, plan), plan


def texts_of(type_name: str, texts: list[str | None], *layers: dict[str, object]) -> list[str | None]:
    done, _ = read(type_name, texts, *layers)
    return done.rows.frame["c"].to_list()


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
def test_numbers_with_the_marks_of_a_country(locale, text, number):
    done, _ = read("numeric", [text, "0"], {"locale": locale})
    assert done.rows.frame["c"].to_list() == [number, "0"]
    assert done.rejections.codes == (("IJ403",) if number is None else ())


def test_money_is_a_number_with_the_declared_marks():
    done, _ = read("money", ["1.234,56", "R$ 1"], {"locale": "pt-BR"})
    assert done.rows.frame["c"].to_list() == ["1234.56", None]
    assert done.rejections.codes == ("IJ403",)


@settings(deadline=None)
@given(
    st.lists(st.decimals(-(10**12), 10**12, places=2), min_size=1, max_size=20),
    st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'")]),
)
def test_numbers_written_with_marks_are_read_back(numbers, marks):
    decimal, thousands = marks
    texts = [f"{number:,.2f}".translate(str.maketrans({",": thousands, ".": decimal})) for number in numbers]
    assert texts_of("numeric", texts, {"decimal": decimal, "thousands": thousands}) == [f"{n:.2f}" for n in numbers]


def test_decimal_alone_allows_no_thousands():
    assert texts_of("numeric", ["1,5", "1.000,5"], {"decimal": ","}) == ["1.5", None]


def test_boolean_words():
    assert texts_of("boolean", ["Sim", "NÃO", "nao", "1", None, "talvez"], PT_BR) == [
        "true",
        "false",
        "false",
        "true",
        None,
        None,
    ]


def test_words_given_for_one_side_leave_postgres_its_own_for_the_other():
    assert texts_of("boolean", ["ok", "no", "yes"], {"true_values": ["OK"]}) == ["true", "false", None]


def test_dates_of_a_preset():
    given_texts = ["31/12/2026", "31.12.2026", "2026-12-31", "31 de dezembro de 2026", "12/31/2026"]
    assert texts_of("date", given_texts, PT_BR) == ["2026-12-31"] * 4 + [None]


def test_repeated_values_are_read_once_and_put_back_everywhere():
    texts = ["31/12/2026", None, "x", "01/02/2026"] * 50
    done, _ = read("date", texts, PT_BR)
    assert done.rows.frame["c"].to_list() == ["2026-12-31", None, None, "2026-02-01"] * 50
    assert done.rejections.rows == tuple(range(2, 200, 4))


def test_trimming_makes_white_space_null_and_keeps_the_quoted_empty_text():
    assert texts_of("text", ["  a ", "\u00a0", "", None], {"trim": True}) == ["a", None, "", None]


def test_null_markers_are_compared_after_trimming():
    assert texts_of("text", [" NA ", "N/A", "NAN"], {"trim": True, "null_values": ["NA", "N/A"]}) == [None, None, "NAN"]


def test_case_is_for_words_only():
    assert texts_of("text", ["Ação", None], {"case": "upper"}) == ["AÇÃO", None]
    assert texts_of("uuid", ["Ab"], {"case": "lower"}) == ["Ab"]


def test_columns_of_other_types_are_not_touched():
    assert texts_of("jsonb", ["1.234,56", "31/12/2026"], PT_BR) == ["1.234,56", "31/12/2026"]


def test_zone_is_for_timestamptz_only():
    moment, zone = ["2026-12-31 10:00"], {"time_zone": "America/Sao_Paulo"}
    assert texts_of("timestamp with time zone", moment, zone) == ["2026-12-31 10:00 America/Sao_Paulo"]
    assert texts_of("timestamp without time zone", moment, zone) == moment


def test_a_refused_value_is_rejected_for_that_and_not_for_being_null():
    done, plan = read("numeric", ["x", "1,5", None], {"decimal": ","}, not_null=True)
    kept, rejected = settle(check(done.rows, plan, done.rejections), ())
    assert kept.frame["c"].to_list() == ["1.5"]
    assert rejected.rows == (0, 2)
    assert rejected.codes == ("IJ403", "IJ404")
    assert rejected.messages[0] == "c: not a number with the declared marks"


@pytest.mark.parametrize("type_name", ["date", "timestamp without time zone", "timestamp with time zone"])
def test_dates_of_unknown_order_are_refused_and_not_guessed(type_name):
    done, plan = read(type_name, ["01/02/2026", "1.2.26", "31/12/2026", "05/05/2026", "2026-01-02"])
    checked = check(done.rows, plan)
    assert checked.rejections.rows == (0, 1)
    assert checked.rejections.codes == ("IJ403", "IJ403")
    assert "set date_formats" in checked.rejections.messages[0]
    assert checked.uncertain[0].values.to_list() == ["31/12/2026", "05/05/2026"]


def test_timestamps_with_the_declared_zone_leave_no_doubt():
    done, plan = read("timestamp with time zone", ["31/12/2026 10:00", "x"], PT_BR | {"time_zone": "America/Sao_Paulo"})
    assert check(done.rows, plan, done.rejections).uncertain == ()


def test_changes_of_a_normaliser_are_told_with_examples():
    done, _ = read("text", ["a  b", "ok", "c  d", None, "e  f", "g  h"], {"normalise": "text"})
    assert done.changes == (Change("c", 4, (("a  b", "a b"), ("c  d", "c d"), ("e  f", "e f"))),)


def test_a_pattern_of_ones_own_has_a_code_of_its_own():
    normaliser = {"name": "regex", "pattern": "([a-z]{2})-?([0-9]+)", "replace": "$1-$2", "code": "SKU01"}
    done, _ = read("text", ["ab12", "ab-12", "12"], {"normalise": normaliser})
    assert done.rows.frame["c"].to_list() == ["ab-12", "ab-12", None]
    assert done.rejections.codes == ("SKU01",)


def test_defaults_touch_nothing():
    done, plan = read("text", [" a "])
    assert done.rows.frame["c"].to_list() == [" a "]
    assert plan.fields[0].reading == make_reading()
