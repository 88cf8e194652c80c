"""Which texts are certain and which are left to Postgres, type by type."""

import numpy as np
import polars as pl
import pytest

from processor.model import Column, Plan, Reading, Rows
from processor.validate import check, make_plan, opaque_values
from tests.columns import column

CERTAIN = {
    "smallint": ["0", "-32768", "32767", "+7", "0012"],
    "integer": ["2147483647", "-2147483648"],
    "bigint": ["9223372036854775807", "-9223372036854775808"],
    "numeric": ["1", "-1.5", ".5", "1.", "0.000000000000000000001"],
    "numeric(5,2)": ["999.99", "99.995", "0000123.40", "-1"],
    "numeric(3)": ["999", "12.5"],
    "numeric(3,-2)": ["99800", "12.5"],
    "real": ["1", "1.5e10", "-0", "0.000001"],
    "double precision": ["1e100", "123456789012345678", ".5"],
    "boolean": ["t", "FALSE", "Yes", "0", "on", "TRue"],
    "date": ["2026-11-22", "2024-02-29", "2000-02-29", "9999-12-31"],
    "time without time zone": ["23:59", "00:00:00.123456"],
    "timestamp without time zone": ["2026-11-22 10:00:00", "2026-11-22T10:00", "2026-11-22"],
    "timestamp with time zone": ["2026-11-22T10:00:00Z", "2026-11-22 10:00:00.5-03", "2026-11-22 10:00:00 +0530"],
    "uuid": ["b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10", "B0F3A1DE7F334D4C9F530C3F8A3F7F10"],
    "character varying(3)": ["", "abc", "éàü", "   "],
    "character varying": ["x" * 10_000],
    "character(2)": ["ab", "é"],
    "bytea": ["\\xc0FFee", "\\x"],
    "text": ["", "anything\n"],
}

UNCERTAIN = {
    "smallint": ["32768", " 1", "1_0", "0x1", "１", "", "1.0", "+-1"],
    "integer": ["2147483648", "1e3"],
    "numeric": ["NaN", "1e5", "", ".", "1,5", "1" * 201],
    "numeric(5,2)": ["999.995", "1000", "1e1"],
    "real": ["1e39", "1e-50", "inf", "0." + "0" * 60 + "1"],
    "double precision": ["1e400", "1e-400", "NaN", "e5", "."],
    "boolean": ["tru", "falſe", "2", ""],
    "date": [
        "2026-02-29",
        "1900-02-29",
        "2026-13-01",
        "0000-01-01",
        "2026-1-2",
        "22/11/2026",
        "2026-04-31",
        "2026-11-22\n",
    ],
    "time without time zone": ["24:00", "10:60", "10"],
    "timestamp without time zone": ["2026-11-22 25:00", "infinity", "now"],
    "timestamp with time zone": ["2026-11-22 10:00 America/Sao_Paulo", "2026-11-22 10:00+16"],
    "uuid": ["b0f3a1de", "{b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10}", "g0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10"],
    "character varying(3)": ["abcd", "ab  "],
    "character(2)": ["abc"],
    "bytea": ["\\x0", "abc", "\\000"],
}


def plan(of: Column, reading: Reading | None = None) -> Plan:
    return make_plan(["c"], [of], readings={"c": reading} if reading else None)


def rows(texts: list[str | None]) -> Rows:
    return Rows(pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)}), np.arange(len(texts), dtype=np.int64))


def certain(of: Column, texts: list[str | None], reading: Reading | None = None) -> list[bool]:
    """Return for each text whether it is certain."""
    checked = check(rows(texts), plan(of, reading))
    assert not checked.rejections.records.size
    uncertain = {text for values in checked.uncertain for text in values.values}
    return [text not in uncertain for text in texts]


def is_opaque(of: Column) -> bool:
    """Return whether a text is listed among the opaque values, and not among the uncertain ones."""
    nonsense = rows(["\\nonsense"])
    uncertain = check(nonsense, plan(of)).uncertain
    opaque = opaque_values(nonsense, plan(of))
    assert len(uncertain) + len(opaque) == 1
    return not uncertain


@pytest.mark.parametrize("type_name", CERTAIN)
def test_texts_in_the_usual_form_are_certain(type_name):
    assert certain(column(type_name), CERTAIN[type_name]) == [True] * len(CERTAIN[type_name])


@pytest.mark.parametrize("type_name", UNCERTAIN)
def test_other_texts_are_uncertain(type_name):
    assert certain(column(type_name), UNCERTAIN[type_name]) == [False] * len(UNCERTAIN[type_name])


def test_exact_labels_of_an_enum_are_certain():
    mood = column("public.mood", base="mood", kind="e", labels=("sad", "Happy"))
    assert certain(mood, ["sad", "Happy", "happy", " sad", "", None]) == [True, True, False, False, False, True]


@pytest.mark.parametrize("type_name", ["json", "jsonb", "inet", "interval", "integer[]", "citext", "character"])
def test_types_without_an_exact_form_are_opaque(type_name):
    assert is_opaque(column(type_name))


@pytest.mark.parametrize("type_name", ["integer", "numeric(3,-2)", "bytea", "character(2)"])
def test_types_with_an_exact_form_are_not_opaque(type_name):
    assert not is_opaque(column(type_name))


def test_domain_is_opaque():
    assert is_opaque(column("public.age", base="integer", kind="d"))


@pytest.mark.parametrize("type_name", CERTAIN)
def test_null_is_certain(type_name):
    assert certain(column(type_name), [None, *CERTAIN[type_name]]) == [True] * (1 + len(CERTAIN[type_name]))


def test_timestamp_with_the_declared_zone_is_certain():
    reading = Reading(time_zone="America/Recife")
    texts = ["2026-11-22 10:00", "2026-11-22 10:00:00.5", "2026-11-22 10:00Z", "2026-11-22 10:00 America/Recife"]
    assert certain(column("timestamp with time zone"), [*texts], reading) == [True] * len(texts)


@pytest.mark.parametrize(
    "text", ["2026-11-22 10:00 America/Sao_Paulo", "2026-11-22 10:00-03 America/Recife", "2026-02-29 10:00", "noon"]
)
def test_timestamp_with_another_zone_is_uncertain(text):
    assert certain(column("timestamp with time zone"), [text], Reading(time_zone="America/Recife")) == [False]
