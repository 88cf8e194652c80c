"""Binary COPY stores the same bits as text COPY, and Postgres rejects the same texts in both formats.

Set IMPORT_JOBS_NIGHTLY=1 for at least 1,000 texts of each type instead of 100.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from processor.load import savepoint
from processor.load.copy import copy_statement, copy_text
from processor.model import Column
from processor.native import binary_plan, encode_binary
from tests.conftest import Cluster
from tests.integration.value_texts import NEAR, TYPES, texts

EXAMPLES = 40 if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else 4
PER_EXAMPLE = 25
LARGEST = 2**63 - 1
# fmt: off
DATES = ["1000-01-01", "1582-10-15", "1899-12-31", "1900-03-01", "2000-02-29", "2024-02-29", "2026-12-31", "9999-12-31"]
TIMES = [
    "00:00", "23:59", "00:00:00", "23:59:59", "12:00:00.1", "12:00:00.000001", "12:00:00.9999995", "00:00:00.0000005",
]
FRACTIONS = [f"10:20:30.{'123456789'[:n]}" for n in range(1, 10)] + ["10:20:30.0000025", "23:59:59.999999999"]
ZONES = ["Z", " UTC", "+00", "-00", "+05:30", "-0330", " +14", "-14:59", "+01:00"]
NUMBERS = [
    "0", "-0", "0.00", "-0.00", "0.000", "1", "+1", "007", ".5", "5.", "-.5", "1.10", "1.100", "0.0001", "0.00010",
    "9999", "10000", "10001",
]
LARGE = ["99999999.9999", "-12345678.87654321", "100000000", "1234567890.3456", "9223372036.85477580", "0.00000001"]
WORDS = [
    "", " ", "a", "a  ", "é", "€", "\U0001f600\U0001f600", 'a"b', "a,b", "a\nb", "\r", "a\r\nb", "\\", "\\.", "\\N",
    "NULL", "'",
]
FLOATS = [
    "0", "-0", "0.0", "1.5", ".5", "5.", "1e-30", "-1e30", "1E5", "0.1", "3.4028234e38", "1.17549435e-38", "16777217",
]
#: Types, and texts that must all have an exact value; the tests add nulls.
EDGES: list[tuple[str, list[str]]] = [
    ("smallint", ["-32768", "32767", "0", "-0", "+7", "007"]),
    ("integer", ["-2147483648", "2147483647", "0"]),
    ("bigint", [str(-LARGEST - 1), str(LARGEST), "0", "+0001"]),
    ("numeric", NUMBERS),
    ("numeric", [*NUMBERS, *LARGE]),
    ("numeric", ["0." + "0" * 11 + "1", "1.10", "-0.5"]),
    ("numeric", ["-" + "9" * 14 + ".1", "1"]),
    ("numeric", ["9" * 38, "-" + "1" * 38, "0"]),
    ("numeric", ["0." + "1" * 38, "0." + "0" * 38]),
    ("numeric(12,2)", [*NUMBERS, "9999999999.99", "-9999999999.99", "1.005", "-1.005", "1.0149999", "2.675"]),
    ("numeric(5,0)", [*NUMBERS, "0.5", "1.5", "2.5", "-2.5", "99999"]),
    ("numeric(38,10)", [*NUMBERS, "9" * 28, "-" + "9" * 28 + "." + "9" * 10]),
    ("numeric(4,6)", ["0.001234", "-0.009999", "0"]),
    ("numeric(6,-2)", ["123456", "150", "249", "-250"]),
    ("real", [*FLOATS, "8388608.5", "0.1000000015"]),
    ("double precision", [*FLOATS, "1e-300", "1.7976931348623157e308", "2.2250738585072014e-308", "0" * 30 + "1"]),
    ("boolean", ["t", "f", "true", "FALSE", "Yes", "no", "on", "OFF", "1", "0"]),
    ("date", DATES),
    ("time without time zone", [*TIMES, *FRACTIONS]),
    ("time(0) without time zone", [*TIMES, *FRACTIONS]),
    ("time(3) without time zone", ["10:20:30.1235", "10:20:30.1225", "10:20:30.0005"]),
    ("timestamp without time zone", [*DATES, *(f"2026-11-22T{time}" for time in (*TIMES, *FRACTIONS))]),
    ("timestamp without time zone", ["2026-01-31 10:00:01.5+05", "2026-02-28 10:00:01.5-09"]),
    ("timestamp(3) without time zone", [f"{date} {time}" for date in DATES for time in FRACTIONS]),
    *(("timestamp with time zone", [f"{d} {t}{zone}" for d in DATES for t in (*TIMES, *FRACTIONS)]) for zone in ZONES),
    *(("timestamp(0) with time zone", [f"1999-12-31 {t}{zone}" for t in FRACTIONS]) for zone in ZONES[:4]),
    ("uuid", ["b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10", "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "FFFFFFFF" + "-fFfF" * 3 + "-" + "f" * 12]),  # noqa: E501
    ("text", WORDS),
    ("character varying", WORDS),
    ("character varying(3)", [*(word for word in WORDS if len(word) < 4), "ab ", "abc   "]),
    ("character(1)", ["", "a", "é", "a   "]),
    ("character(4)", [*(word for word in WORDS if len(word) < 5), "ab  ", "abcd    "]),
    ("bpchar", WORDS),
    ("json", ['{"a":  1, "a": 2}', "[]", '"\\u00e9"', " 1.0"]),
    ("jsonb", ['{"b":  1.00, "a": 2, "b": 3}', "[]", '"\\u00e9é"', " -0", "1e5"]),
    ("bytea", ["\\x", "\\x00ff", "\\xC0FFEE"]),
    ("public.mood", ["sad", "Happy", "né"]),
    ("public.ratio", ["0", "1.00", "0.005", ".125", "0.994"]),
    ("public.day", ["2026-11-22", "2000-02-29"]),
    ("public.moment", ["2026-11-22 10:00:00.5+01", "2026-11-22 10:00:00.25-01"]),
    ("public.raising", ["1", "-9"]),
]
# fmt: on


@pytest.fixture(scope="module")
def conn(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with contextmanager(cluster.clone)("closed") as db, db.connect("supabase_admin") as conn:
        conn.execute(TYPES)
        conn.execute("set time zone 'America/Recife'")  # the offset is that of the text, never that of the session
        yield conn


def columns_of(conn: psycopg.Connection, type_name: str) -> list[Column]:
    """Create a table of the type for each format, and describe its columns as a job does."""
    for table in ("by_text", "by_binary"):
        conn.execute(sql.SQL("drop table if exists public.{}").format(sql.Identifier(table)))
        conn.execute(
            sql.SQL("create table public.{} (place integer, value {})").format(
                sql.Identifier(table), sql.SQL(type_name)
            )
        )
    return describe(conn, "by_text")


def describe(conn: psycopg.Connection, table: str) -> list[Column]:
    """Return the columns of a table in `public`."""
    query = """
    select name, type, base, kind, not_null, required, labels
    from importer.insertable_columns(to_regclass(format('public.%%I', %s::text)))
    """
    rows = conn.cursor(row_factory=dict_row).execute(query, (table,)).fetchall()
    return [Column(**row | {"labels": tuple(row["labels"])}) for row in rows]


def frame_of(values: Sequence[str | None]) -> pl.DataFrame:
    places = pl.Series(range(len(values)), dtype=pl.Int64).cast(pl.String)
    return pl.DataFrame({"place": places, "value": pl.Series(values, dtype=pl.String)})


def by_text(conn: psycopg.Connection, values: Sequence[str | None]) -> psycopg.Error | None:
    statement = copy_statement("public", "by_text", ["place", "value"])
    return savepoint(conn, lambda: copy_text(conn, statement, frame_of(values)))


def by_binary(conn: psycopg.Connection, pieces: Iterator[bytes]) -> psycopg.Error | None:
    def write() -> None:
        with conn.cursor().copy("copy public.by_binary (place, value) from stdin (format binary)") as sink:
            for piece in pieces:
                sink.write(piece)

    return savepoint(conn, write)


def stored(conn: psycopg.Connection, table: str) -> bytes:
    """Return the output of the type's send function and the size on disk of every value, and empty the table."""
    query = sql.SQL(
        "copy (select place, value, pg_column_size(value) from public.{} order by place) to stdout (format binary)"
    )
    with conn.cursor().copy(query.format(sql.Identifier(table))) as source:
        dump = b"".join(source)
    conn.execute(sql.SQL("delete from public.{}").format(sql.Identifier(table)))
    return dump


@pytest.mark.parametrize(("type_name", "edges"), EDGES, ids=[f"{at} {of[0]}" for at, of in enumerate(EDGES)])
def test_edge_values_are_stored_identically(conn: psycopg.Connection, type_name: str, edges: list[str]) -> None:
    plan = binary_plan(columns_of(conn, type_name))
    assert plan is not None
    values = [text for edge in edges for text in (edge, None)]
    pieces = encode_binary(frame_of(values), plan)
    assert pieces is not None
    assert by_text(conn, values) is None
    assert by_binary(conn, pieces) is None
    difference = "select place, value::text from public.{} except select place, value::text from public.{}"
    for one, other in (("by_text", "by_binary"), ("by_binary", "by_text")):
        query = sql.SQL(difference).format(sql.Identifier(one), sql.Identifier(other))
        assert conn.execute(query).fetchall() == []
    assert stored(conn, "by_text") == stored(conn, "by_binary")


@pytest.mark.parametrize(("type_name", "edges"), EDGES, ids=[f"{at} {of[0]}" for at, of in enumerate(EDGES)])
def test_each_edge_value_alone_is_stored_identically(
    conn: psycopg.Connection, type_name: str, edges: list[str]
) -> None:
    """In a chunk of its own, a text alone decides whether the chunk is binary."""
    plan = binary_plan(columns_of(conn, type_name))
    assert plan is not None
    for text in edges:
        pieces = encode_binary(frame_of([text]), plan)
        assert pieces is not None, text
        assert by_text(conn, [text]) is by_binary(conn, pieces) is None
        assert stored(conn, "by_text") == stored(conn, "by_binary"), text


@pytest.mark.parametrize("type_name", NEAR)
def test_any_text_with_an_exact_value_is_stored_or_rejected_identically(
    conn: psycopg.Connection, type_name: str
) -> None:
    plan = binary_plan(columns_of(conn, type_name))
    if plan is None:
        return  # the whole job uses the text format
    seen, known = 0, next((edges[:1] for of, edges in EDGES if of == type_name), [])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(st.lists(texts(type_name), min_size=PER_EXAMPLE, max_size=PER_EXAMPLE * 2))
    def alike(values: list[str]) -> None:
        nonlocal seen
        exact = [text for text in (*known, *values) if encode_binary(frame_of([text]), plan) is not None]
        kept = list[str]()
        for text in exact:
            error, other = by_text(conn, [text]), by_binary(conn, encode_binary(frame_of([text]), plan) or iter(()))
            assert (error and error.sqlstate) == (other and other.sqlstate), text
            kept += [text] if error is None else []
        seen += len(kept)
        assert stored(conn, "by_text") == stored(conn, "by_binary")
        if (pieces := encode_binary(frame_of(kept), plan)) is not None:
            assert by_text(conn, kept) is by_binary(conn, pieces) is None
            assert stored(conn, "by_text") == stored(conn, "by_binary")

    alike()
    assert seen >= EXAMPLES, "too few texts had an exact value for the property to mean anything"


def test_columns_of_all_types_side_by_side(conn: psycopg.Connection) -> None:
    """One table has all types, and each column's texts and then nulls, up to the number of rows of the longest."""
    rows = max(len(edges) for _, edges in EDGES) + 1
    listed = {f"c{at}": edge for at, edge in enumerate(EDGES)}
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(of)) for name, (of, _) in listed.items()
    )
    for table in ("wide_text", "wide_binary"):
        conn.execute(sql.SQL("create table public.{} ({})").format(sql.Identifier(table), columns))
    plan = binary_plan(describe(conn, "wide_text"))
    assert plan is not None
    frame = pl.DataFrame(
        {name: pl.Series(([*edges, None] * rows)[:rows], dtype=pl.String) for name, (_, edges) in listed.items()}
    )
    pieces = encode_binary(frame, plan)
    assert pieces is not None
    copy_text(conn, copy_statement("public", "wide_text", frame.columns), frame)
    with conn.cursor().copy("copy public.wide_binary from stdin (format binary)") as sink:
        for piece in pieces:
            sink.write(piece)
    dumps = list[bytes]()
    for table in ("wide_text", "wide_binary"):
        query = sql.SQL("copy public.{} to stdout (format binary)").format(sql.Identifier(table))
        with conn.cursor().copy(query) as source:
            dumps.append(b"".join(source))
    assert dumps[0] == dumps[1]
