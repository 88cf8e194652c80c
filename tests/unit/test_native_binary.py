"""The binary plan of columns, the texts that have a binary form, and the stream of a chunk."""

import struct

import polars as pl
import pytest

from processor.model import Column
from processor.native import binary_plan, encode_binary

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


def column(type_name: str, kind: str = "b", name: str = "c") -> Column:
    base = type_name.split("(")[0] + (type_name.split(")")[1] if ")" in type_name else "")
    return Column(name=name, type=type_name, base=base, kind=kind, not_null=False, required=False)


def encoded(type_name: str, texts: list[str | None], kind: str = "b") -> bytes | None:
    plan = binary_plan([column(type_name, kind)])
    assert plan is not None
    pieces = encode_binary(pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)}), plan)
    return None if pieces is None else b"".join(pieces)


def fields(type_name: str, texts: list[str | None]) -> list[bytes | None]:
    """Return the field of each row of a single column."""
    data = encoded(type_name, texts)
    assert data is not None
    assert data.startswith(HEADER)
    values, at = list[bytes | None](), len(HEADER)
    while data[at : at + 2] != TRAILER:
        count, length = struct.unpack_from(">hi", data, at)
        assert count == 1
        values.append(None if length < 0 else data[at + 6 : at + 6 + length])
        at += 6 + max(length, 0)
    assert at + 2 == len(data)
    return values


@pytest.mark.parametrize(
    "type_name", ["interval", "integer[]", "money", "name", "public.mood", "inet", "xml", '"char"']
)
def test_a_type_without_a_binary_form_has_no_plan(type_name):
    assert binary_plan([column("bigint", name="id"), column(type_name)]) is None


def test_an_enum_value_is_its_label():
    assert encoded("public.mood", ["sad"], "e") == HEADER + b"\0\1\0\0\0\3sad" + TRAILER


def test_a_chunk_without_rows_is_header_and_trailer():
    assert encoded("numeric", []) == HEADER + TRAILER
    assert encoded("timestamp with time zone", []) == HEADER + TRAILER


def test_null_and_an_empty_text_differ():
    assert fields("text", [None, "", "é"]) == [None, b"", "é".encode()]


@pytest.mark.parametrize(
    "type_name",
    ["bigint", "numeric", "numeric(5,2)", "real", "boolean", "uuid", "bytea", "date", "timestamp with time zone"],
)
def test_a_column_of_nulls(type_name):
    assert fields(type_name, [None, None]) == [None, None]


def test_a_numeric_without_a_scale_keeps_the_digits_of_its_text():
    shown = [None if field is None else struct.unpack(f">{len(field) // 2}h", field) for field in fields(
        "numeric", ["1.5", "-22.3450", None, "0.00", "100000000", "-0.0001"]
    )]  # fmt: skip
    assert shown == [
        (2, 0, 0, 1, 1, 5000),
        (2, 0, 0x4000, 4, 22, 3450),
        None,
        (0, 0, 0, 2),
        (1, 2, 0, 0, 1),
        (1, -1, 0x4000, 4, 1),
    ]


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("date", "2000-02-29", struct.pack(">i", 59)),
        ("date", "1999-12-31", struct.pack(">i", -1)),
        ("timestamp without time zone", "2000-01-01T00:00:01.5+03", struct.pack(">q", 1_500_000)),
        ("timestamp with time zone", "2000-01-01 05:30:00 +0530", struct.pack(">q", 0)),
        ("timestamp with time zone", "1999-12-31 23:00-01:00", struct.pack(">q", 0)),
        ("timestamp with time zone", "2000-01-01 00:00:00.9999995Z", struct.pack(">q", 1_000_000)),
        ("time without time zone", "23:59:59.000001", struct.pack(">q", 86_399_000_001)),
        ("time without time zone", "00:00:00.987654321", struct.pack(">q", 987_654)),
        ("uuid", "B0F3a1de-7f33-4d4c-9f53-0c3f8a3f7f10", bytes.fromhex("b0f3a1de7f334d4c9f530c3f8a3f7f10")),
        ("bytea", "\\xC0ffee", b"\xc0\xff\xee"),
        ("jsonb", '{"a": 1}', b'\x01{"a": 1}'),
        ("double precision", "-0", struct.pack(">d", -0.0)),
    ],
)
def test_the_bytes_of_a_value(type_name, text, value):
    assert fields(type_name, [text, None, text]) == [value, None, value]


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        *(("bigint", text) for text in ("", " 1", "1_000", "0x1F", "9223372036854775808", "1.0")),
        *(("smallint", text) for text in ("32768", "-32769")),
        *(("numeric", text) for text in ("", "1e5", "NaN", "infinity", " 1", "1.2.3", ".", "9" * 201)),
        *(("numeric(12,2)", text) for text in ("5E-1", "1_0", "-")),
        *(("real", text) for text in ("NaN", "inf", "1e39", "1e-40", "1e-46", "0x1p3", " 1")),
        *(("double precision", text) for text in ("nan", "-Infinity", "1e400", "1e-310", "1e-400")),
        *(("boolean", text) for text in ("", "tr", " t", "2")),
        *(
            ("uuid", text)
            for text in ("", "b0f3a1de7f334d4c9f530c3f8a3f7f10", "{b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10}")
        ),
        *(("uuid", text) for text in ("b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f1g", "b0f3a1de7-f33-4d4c-9f53-0c3f8a3f7f10")),
        *(("bytea", text) for text in ("abc", "\\x0", "\\x0g", "\\x 00")),
        *(("date", text) for text in ("", "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "0999-01-01", "today")),
        *(("date", text) for text in ("2026-11-22 BC", "2026-11-22 10:00", "infinity", "20261122", "10000-01-01")),
        *(("time without time zone", text) for text in ("24:00:00", "23:60", "12:00:60", "12:00Z", "12:00 PM")),
        *(("timestamp without time zone", text) for text in ("2026-11-22  10:00", "2026-11-2210:00", "now")),
        *(("timestamp with time zone", text) for text in ("2026-11-22", "2026-11-22 10:00", "2026-11-22 10:00 EST")),
        *(("timestamp with time zone", text) for text in ("2026-11-22 10:00+15", "2026-11-22 10:00+05:60")),
        *(("timestamp with time zone", text) for text in ("2026-11-22 10:00:00.1234567890Z", "2026-11-22+02")),
    ],
)
def test_a_text_without_an_exact_value_is_not_encoded(type_name, text):
    assert encoded(type_name, [text]) is None


@pytest.mark.parametrize(
    ("type_name", "texts"),
    [
        ("timestamp with time zone", ["2026-11-22 10:00:00+00", "2026-11-22 10:00:00.1Z"]),
        ("timestamp with time zone", ["2026-11-22 10:00:00+00", "2026-11-22 10:00:00 00"]),
        ("date", ["2026-11-22", "2026/11/22"]),
        ("timestamp without time zone", ["2026-11-22 10:00:00", "2026-11-22 10:00+05"]),
        ("uuid", ["b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10", "b0f3a1de7f334d4c9f530c3f8a3f7f10"]),
    ],
)
def test_every_text_is_checked(type_name, texts):
    first = encoded(type_name, texts[:1])
    assert first is not None
    both = encoded(type_name, texts)
    assert both is None or len(both) == 2 * len(first) - len(HEADER + TRAILER)


def test_pieces_of_128_kilobytes_form_one_stream():
    frame = pl.DataFrame({"id": [str(n) for n in range(60_000)], "c": ["x" * 100] * 60_000})
    plan = binary_plan([column("bigint", name="id"), column("text")])
    assert plan is not None
    pieces = list(encode_binary(frame, plan) or ())
    assert len(pieces) > 50
    assert max(map(len, pieces)) <= 128 * 1024
    assert len(b"".join(pieces)) == len(HEADER) + 60_000 * (2 + 4 + 8 + 4 + 100) + len(TRAILER)
