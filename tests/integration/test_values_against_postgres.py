"""Whatever a fast path is sure of, Postgres stores, and stores as it casts the same text.

Set IMPORT_JOBS_NIGHTLY=1 for about 4,000 texts per type instead of 300.
"""

import os

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from processor.flow import Column
from processor.validate import types

NIGHTLY = os.environ.get("IMPORT_JOBS_NIGHTLY") == "1"
PER_EXAMPLE = 40
EXAMPLES = 120 if NIGHTLY else 10

DIGITS = r"[+-]?[0-9]{1,6}"
POINTED = r"[+-]?0{0,3}[0-9]{0,6}\.?[0-9]{0,6}"
#: For each type: regular expressions near to what it takes; mutations of them and nasty texts are added to all.
NEAR: dict[str, tuple[str, ...]] = {
    "smallint": (DIGITS, r"-?327[0-9]{2}"),
    "integer": (r"[+-]?[0-9]{1,11}", r"-?21474836[0-9]{2}"),
    "bigint": (r"[+-]?[0-9]{1,20}", r"-?92233720368547758[0-9]{2}"),
    "numeric": (POINTED, r"[0-9]{1,40}\.[0-9]{0,40}", r"[0-9]{1,3}e-?[0-9]{1,4}"),
    "numeric(5,2)": (POINTED, r"[+-]?99[89]?\.9{0,8}[0-9]?"),
    "numeric(12,2)": (POINTED, r"[+-]?9{8,11}\.9{0,5}5?"),
    "numeric(3)": (POINTED, r"9{1,4}\.[5-9]?"),
    "numeric(2,2)": (POINTED, r"0?\.[0-9]{1,4}"),
    "numeric(38,10)": (POINTED, r"[0-9]{20,32}\.[0-9]{0,12}"),
    "real": (types._REAL, r"[0-9]{1,9}(\.[0-9]{0,9})?[eE][+-]?[0-9]{1,3}"),
    "double precision": (types._DOUBLE, r"[0-9]{1,18}(\.[0-9]{0,9})?[eE][+-]?[0-9]{1,4}"),
    "boolean": ("(?:" + "|".join(types._BOOLEAN) + ")", r"[tTfFyYnNoO][rRaAeEnNoOfFsSlLuU]{0,4}"),
    "date": (types._DATE, r"[0-9]{4}-[01][0-9]-[0-3][0-9]"),
    "time without time zone": (types._TIME, r"[0-2][0-9]:[0-6][0-9]:[0-6][0-9]"),
    "time(0) without time zone": (types._TIME, r"23:59:59\.9{1,9}"),
    "timestamp without time zone": (types._TIMESTAMP, r"9999-12-31[ T]23:59:59\.9{1,9}"),
    "timestamp(3) without time zone": (types._TIMESTAMP,),
    "timestamp with time zone": (types._TIMESTAMP, r"2026-11-22[ T][0-2][0-9]:[0-5][0-9] ?[+-][01][0-9]:?[0-5]?[0-9]?"),
    "uuid": (types._UUID, r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    "character varying(3)": (r"[ -~]{0,4}", r"[éß€\U0001f600 ]{0,4}"),
    "character varying": (r"[ -~]{0,4}",),
    "character(2)": (r"[ -~]{0,3}", r"[éß€\U0001f600 ]{0,3}"),
    "bpchar": (r"[ -~]{0,4}",),
    "text": (r"[ -~]{0,4}",),
    "public.mood": ("(?:sad|Happy|né|)", "[a-zA-Z ]{0,5}"),
}
NASTY = [
    *(
        "",
        " ",
        "1 ",
        " 1",
        "1_000",
        "0x1F",
        "0b1",
        "0o7",
        "١",
        "１",
        "1e",
        "e1",
        "--1",
        "+-1",
        ".",
        "-",
        "+",
        "1,5",
        "\\N",
    ),
    *(
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "infinity",
        "epoch",
        "now",
        "today",
        "1e400",
        "1e-400",
        "9" * 60,
        "0." + "0" * 60,
    ),
    *("0000-01-01", "2026-02-29", "1900-02-29", "10000-01-01", "2026-11-22 BC", "24:00:00", "23:59:60", "12:00 PM"),
    *(
        "falſe",
        "\u212a",
        "tru",
        "{b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10}",
        "\ufeff1",
        "1\u00a0",
        "\u2212" + "1",
        "a\nb",
        "\r",
    ),
]


def mutated(text: str, at: int, put: str) -> str:
    at %= len(text) + 1
    return text[:at] + put + text[at + 1 :]


def texts(patterns: tuple[str, ...]) -> st.SearchStrategy[str]:
    near = st.one_of([st.from_regex(pattern.strip("^$"), fullmatch=True) for pattern in patterns])
    wrong = st.builds(
        mutated, near, st.integers(0, 40), st.text(st.sampled_from(list("0159 .-+:_eETZ\n٣é")), max_size=2)
    )
    return st.one_of(
        near, near, wrong, st.sampled_from(NASTY), st.text(st.characters(exclude_characters="\0", codec="utf-8"))
    )


def column(type_name: str) -> Column:
    if type_name == "public.mood":
        return Column("c", type_name, "mood", "e", False, False, ("sad", "Happy", "né"))
    base = type_name.split("(")[0] + (type_name.split(")")[1] if ")" in type_name else "")
    return Column("c", type_name, base, "b", False, False)


def sure(of: Column, given_texts: list[str]) -> list[str]:
    path = types.fast_path(of)
    frame = pl.DataFrame({"c": pl.Series(given_texts, dtype=pl.String)})
    return [] if path is None else frame.filter(path)["c"].to_list()


def copied(conn: psycopg.Connection, accepted: list[str]) -> list[tuple[str, ...]]:
    """COPY the texts into the column and return the rows that are not what a cast of the text gives."""
    with conn.transaction(force_rollback=True):
        with conn.cursor().copy("copy pg_temp.kept (raw, value) from stdin") as copy:
            for text in accepted:
                copy.write_row((text, text))
        return conn.execute("select raw from pg_temp.differing").fetchall()


@pytest.mark.parametrize("type_name", NEAR)
def test_what_is_sure_is_stored_as_it_casts(db, type_name):
    of = column(type_name)
    seen = 0
    with db.connect("postgres") as conn:
        conn.execute("create type public.mood as enum ('sad', 'Happy', 'né')")
        named = sql.SQL(type_name)
        conn.execute(sql.SQL("create temp table kept (raw text, value {})").format(named))
        conn.execute(
            sql.SQL(
                "create temp view differing as select raw from kept"
                " where value::text is distinct from cast(raw as {})::text"
            ).format(named)
        )

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )
        @given(st.lists(texts(NEAR[type_name]), min_size=PER_EXAMPLE // 2, max_size=PER_EXAMPLE * 2))
        def stored(some: list[str]) -> None:
            nonlocal seen
            accepted = sure(of, some)
            seen += len(accepted)
            assert copied(conn, accepted) == []

        stored()
    assert seen >= EXAMPLES, "too few texts were accepted for the property to mean anything"
