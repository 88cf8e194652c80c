"""An exact value is the one that Python reads in the text, and every text in a plain form has one."""

import itertools
import math
import re
import string
import struct
import uuid
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processor.native import Batch, BinaryForm, Form, copy_rows, has_exact_value
from processor.native.library import KERNELS
from processor.native.values import as_array
from tests.property_examples import examples
from tests.unit.protected_memory import SOME_TEXTS, Columns, protected_array, protected_bytes, run_in_process

EXACT = Context(prec=500)
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - as in timestamps without a time zone
many = settings(max_examples=examples(300), deadline=None)
DIGITS = st.text("0123456789", max_size=24) | st.sampled_from(["0" * 30, "9" * 19, "9" * 20, "1" + "0" * 18, "9" * 196])
SIGNS = st.sampled_from(["", "-", "+"])
NUMBERS = st.builds(lambda *parts: "".join(parts), SIGNS, DIGITS, st.sampled_from(["", "."]), DIGITS)
POWERS = st.just("") | st.builds("{}{}{}".format, st.sampled_from("eE"), SIGNS, st.integers(0, 400) | st.just(10**20))
NEAR = st.text("0123456789+-.eE xX_\0\u0661", max_size=8)


def value(form: BinaryForm, text: str) -> bytes | None:
    """Return the binary form of a text, or None if it has no exact value."""
    frame = pl.DataFrame({"c": [text]})
    with Batch(frame) as batch:
        if not has_exact_value(batch, 0, form).all():
            if form.form is not Form.TEXT:  # Postgres enforces the limit of a text
                with pytest.raises(ValueError, match="row 0 has a text without an exact value"):
                    list(copy_rows(frame, [form]))
            return None
    row = b"".join(copy_rows(frame, [form]))
    assert struct.unpack_from(">hi", row) == (1, len(row) - 6)
    return row[6:]


def with_exact_value(form: BinaryForm, texts: list[str]) -> list[str]:
    with Batch(pl.DataFrame({"c": texts})) as batch:
        return [
            text for text, is_exact in zip(texts, has_exact_value(batch, 0, form).tolist(), strict=True) if is_exact
        ]


@given(st.builds("{}{}".format, SIGNS, DIGITS) | NEAR)
@many
def test_integers_within_their_range(text: str) -> None:
    plain = re.fullmatch("[+-]?[0-9]+", text)
    for form, code, limit in ((Form.INT2, ">h", 2**15), (Form.INT4, ">i", 2**31), (Form.INT8, ">q", 2**63)):
        fits = plain is not None and -limit <= int(text) < limit
        assert value(BinaryForm(form), text) == (struct.pack(code, int(text)) if fits else None)


def decimal_of(data: bytes) -> tuple[Decimal, int]:
    """Read what numeric_send writes (PostgreSQL, numeric.c): the value and its digits after the point."""
    count, weight, sign, scale = struct.unpack_from(">hhHh", data)
    digits = struct.unpack_from(f">{count}h", data, 8)
    assert len(data) == 8 + 2 * count
    assert not digits or (digits[0] and digits[-1])
    read = Decimal(0)
    for at, digit in enumerate(digits):
        read = EXACT.add(read, Decimal(digit).scaleb(4 * (weight - at), EXACT))
    return (read.copy_negate() if sign == 0x4000 else read), scale


@given(NUMBERS | NEAR)
@many
def test_numerics_keep_their_value_and_scale(text: str) -> None:
    data = value(BinaryForm(Form.NUMERIC), text)
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text) or len(text) > 200:
        assert data is None
    else:
        assert data is not None
        assert decimal_of(data) == (EXACT.create_decimal(text), len(text.partition(".")[2]))


@given(NUMBERS.filter(lambda text: any(map(str.isdigit, text)) and len(text) <= 200), st.integers(1, 30), st.data())
@many
def test_numerics_fit_their_precision_after_rounding(text: str, precision: int, data: st.DataObject) -> None:
    scale = data.draw(st.integers(-5, precision + 5))
    least, size = Decimal(1).scaleb(-scale, EXACT), abs(EXACT.create_decimal(text))
    limit = Decimal(1).scaleb(precision - scale, EXACT)
    written = value(BinaryForm(Form.NUMERIC, precision, scale), text)
    if written is not None:
        rounded = EXACT.divide_int(EXACT.add(EXACT.divide(size, least), Decimal("0.5")), Decimal(1))
        assert EXACT.multiply(rounded, least) < limit
        assert written == value(BinaryForm(Form.NUMERIC), text)
    else:
        assert size > EXACT.subtract(limit, least)


@given(st.builds("{}{}".format, NUMBERS, POWERS) | NEAR | st.floats().map(repr))
@example("4.9406564584124654e-324")
@example("2.2250738585072011e-308")
@many
def test_doubles_are_the_nearest_to_their_text(text: str) -> None:
    plain = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) and len(text) <= 200
    read = float(text) if plain else math.nan
    zero = plain and not re.search("[1-9]", re.split("[eE]", text)[0])
    normal = math.isfinite(read) and (zero or abs(read) >= 2**-1022)
    data = value(BinaryForm(Form.FLOAT8), text)
    assert data == (struct.pack(">d", read) if normal and not (read == 0 and data is None) else None)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value="-1e36", max_value="1e36", places=12))
@many
def test_reals_are_rounded_only_once(number: Decimal) -> None:
    data = value(BinaryForm(Form.FLOAT4), f"{number:f}")
    if data is None:
        assert 0 < abs(number) < Decimal("1.2e-38")
        return
    read = np.frombuffer(data, ">f4")[0]
    around = [np.nextafter(read, np.float32(side), dtype=np.float32) for side in (-np.inf, np.inf)]
    far = abs(Fraction(float(read)) - Fraction(number))
    assert all(far <= abs(Fraction(float(neighbour)) - Fraction(number)) for neighbour in around)


def test_booleans_are_these_words_only() -> None:
    words = {"t", "true", "y", "yes", "on", "1", "f", "false", "n", "no", "off", "0"}
    letters = [chr(code) for code in range(256)]
    pairs = ["".join(pair) for pair in itertools.product(letters[:128], repeat=2)]
    longer = ["".join(chars) for word in words for chars in itertools.product(*((c, c.upper(), "\x10") for c in word))]
    for texts in (letters, pairs, longer):
        assert with_exact_value(BinaryForm(Form.BOOLEAN), texts) == [text for text in texts if text.lower() in words]
    assert [value(BinaryForm(Form.BOOLEAN), text) for text in ("TRUE", "oN", "1", "OFF", "0")] == [b"\1"] * 3 + [
        b"\0"
    ] * 2


@given(st.uuids(), st.integers(0, 35), st.characters(max_codepoint=255))
@many
def test_uuids(known: uuid.UUID, place: int, mark: str) -> None:
    text = str(known)
    assert value(BinaryForm(Form.UUID), text.upper()) == known.bytes
    changed = text[:place] + mark + text[place + 1 :]
    regular = re.fullmatch("-".join(f"[0-9a-fA-F]{{{count}}}" for count in (8, 4, 4, 4, 12)), changed)
    assert value(BinaryForm(Form.UUID), changed) == (uuid.UUID(changed).bytes if regular else None)


@given(st.binary(max_size=40), st.text(string.hexdigits + "gG \\x", max_size=6))
@many
def test_bytes(data: bytes, other: str) -> None:
    assert value(BinaryForm(Form.BYTEA), f"\\x{data.hex()}") == data
    regular = len(other) % 2 == 0 and re.fullmatch("[0-9a-fA-F]*", other)
    assert value(BinaryForm(Form.BYTEA), f"\\x{other}") == (bytes.fromhex(other) if regular else None)


@given(st.integers(998, 10_001), st.integers(0, 13), st.integers(0, 32))
@many
def test_dates_are_those_of_the_calendar(year: int, month: int, day: int) -> None:
    try:
        known = struct.pack(">i", (date(year, month, day) - date(2000, 1, 1)).days) if year >= 1000 else None
    except ValueError:
        known = None
    assert value(BinaryForm(Form.DATE), f"{year:04}-{month:02}-{day:02}") == known


@given(st.datetimes(EPOCH.replace(year=1000), EPOCH.replace(year=9999)), st.integers(-899, 899), st.sampled_from(" T"))
@many
def test_timestamps_count_microseconds_since_2000_in_utc(moment: datetime, minutes: int, mark: str) -> None:
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    text = f"{moment.date()}{mark}{moment:%H:%M:%S}.{moment.microsecond:06}"
    micros = (moment - EPOCH) // timedelta(microseconds=1)
    day = micros // 86_400_000_000
    assert value(BinaryForm(Form.TIMESTAMP), text) == struct.pack(">q", micros)
    assert value(BinaryForm(Form.TIMESTAMP), text + zone) == struct.pack(">q", micros)
    assert value(BinaryForm(Form.TIMESTAMPTZ), text + zone) == struct.pack(">q", micros - minutes * 60_000_000)
    assert value(BinaryForm(Form.TIME), text[11:]) == struct.pack(">q", micros - day * 86_400_000_000)
    assert (value(BinaryForm(Form.TIMESTAMPTZ), text), value(BinaryForm(Form.DATE), text)) == (None, None)


@given(st.text("0123456789-: TZ.+UC\0é", max_size=34), st.integers(0, 33), st.characters(max_codepoint=255))
@many
def test_only_texts_in_a_timestamp_format_have_a_value(text: str, place: int, mark: str) -> None:
    known = "2026-11-22 10:20:30.123456+05:30"
    changed = known[:place] + mark + known[place + 1 :]
    clock = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
    zone = r"(Z| UTC| ?[+-](0\d|1[0-4])(:?[0-5]\d)?)"
    for candidate in (text, changed):
        if value(BinaryForm(Form.TIMESTAMPTZ), candidate) is not None:
            assert re.fullmatch(rf"[1-9]\d{{3}}-(0[1-9]|1[0-2])-[0-3]\d[ T]{clock}{zone}", candidate, re.ASCII)


@given(st.text(max_size=40), st.integers(1, 40))
@many
def test_the_limit_of_a_text_counts_characters(text: str, most: int) -> None:
    assert value(BinaryForm(Form.TEXT, most), text) == (text.encode() if len(text) <= most else None)
    assert value(BinaryForm(Form.SAME), text) == text.encode()
    assert value(BinaryForm(Form.JSONB), text) == b"\1" + text.encode()


def edges_of_values() -> None:
    texts = [*SOME_TEXTS, b"\\x", b"\\x00", b"b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10", b"9" * 199, b"1." + b"9" * 198]
    texts += [b"1e", b"1e+", b"-", b".", b"2026-11-22 10:00 UTC", b"10:00:00.123456789", b"2026-11-22 10:00:00.5 +0530"]
    cut = [text[:size] for text in texts for size in range(len(text) + 1) if size < 40 or size > 197]
    for text, form in itertools.product(cut, set(Form) - {Form.WHOLE}):
        # Without a view, because a text of up to 12 bytes has the rest of its view after it.
        alone, written = protected_bytes(text), protected_array(len(text) + 20)
        KERNELS.ij_read_value(form, 38, 10, alone.ctypes.data, len(text), written.ctypes.data)
        column, form_array, mask = Columns([[text]]), as_array([BinaryForm(form, 38, 10)]), protected_array(1)
        scratch = protected_array(KERNELS.ij_longest_text(column.address, 0) + 24)
        KERNELS.ij_mark_exact_values(column.address, 0, form_array.ctypes.data, mask.ctypes.data, scratch.ctypes.data)
        assert mask[0] in (0, 1)


def test_no_memory_outside_of_texts_and_scratch_is_accessed() -> None:
    assert run_in_process(edges_of_values) == 0
