"""`text_stream` decompresses a file within limits, and validates or transcodes its text."""

import gzip
import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor import dialect as dialects
from processor.errors import BadCompression, JobError, SourceTooLarge, WrongEncoding
from processor.model import Dialect, FileLimits, Position
from tests.property_examples import examples

LIMITS = FileLimits()


def blocks_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def zipped(body: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", body)
    return file.getvalue()


def test_utf8_passes_through_without_a_copy() -> None:
    blocks = [b"a,b\n", "é,ü\n".encode(), b"1,2\n"]
    passed = list(dialects.text_stream(iter(blocks), Dialect(), LIMITS))
    assert all(one is other for one, other in zip(passed, blocks, strict=True))


@given(st.text(max_size=40), st.integers(1, 7))
@settings(max_examples=examples(200), deadline=None)
def test_utf8_may_be_cut_anywhere(text: str, block: int) -> None:
    data = text.encode()
    assert b"".join(dialects.text_stream(blocks_of(data, block), Dialect(), LIMITS)) == data


@given(st.binary(max_size=30), st.integers(1, 7))
@settings(max_examples=examples(500), deadline=None)
def test_bytes_are_valid_only_if_python_decodes_them(data: bytes, block: int) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        with pytest.raises(WrongEncoding, match=f"byte {error.start + 1}, "):
            list(dialects.text_stream(blocks_of(data, block), Dialect(), LIMITS))
    else:
        assert b"".join(dialects.text_stream(blocks_of(data, block), Dialect(), LIMITS)) == data


def test_the_error_names_line_and_offset_of_an_invalid_byte_when_resumed() -> None:
    start = Position(offset=1000, line=50)
    with pytest.raises(WrongEncoding, match="byte 1,007, on line 52"):
        list(dialects.text_stream([b"a,b\n", b"1\n\xff"], Dialect(), LIMITS, start))


@given(st.text(max_size=40), st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "gb18030"]), st.integers(1, 5))
@settings(max_examples=examples(200), deadline=None)
def test_other_encodings_become_utf8(text: str, encoding: str, block: int) -> None:
    dialect = Dialect(encoding=encoding)
    stream = dialects.text_stream(blocks_of(text.encode(encoding), block), dialect, LIMITS)
    assert b"".join(stream) == text.encode()


def test_the_error_names_the_line_of_an_undefined_byte() -> None:
    with pytest.raises(WrongEncoding, match="line 3 "):
        list(dialects.text_stream([b"a\n", b"b\n\x81c"], Dialect(encoding="cp1252"), LIMITS))


def test_the_byte_order_mark_is_removed_wherever_it_is_cut() -> None:
    dialect = Dialect(bom_bytes=3)
    assert b"".join(dialects.text_stream(blocks_of("\ufeffa,b\n".encode(), 1), dialect, LIMITS)) == b"a,b\n"


@pytest.mark.parametrize("block", [1, 9, 1 << 16])
@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_compressed_text_may_be_cut_anywhere(kind: str, block: int) -> None:
    text = b"".join(b"%d,%d\n" % (number, number * number) for number in range(2000))
    data = gzip.compress(text) if kind == "gzip" else zipped(text)
    assert b"".join(dialects.text_stream(blocks_of(data, block), Dialect(compression=kind), LIMITS)) == text


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_decompression_bomb_is_an_error_in_flat_memory(kind: str) -> None:
    data = bomb(100) if kind == "gzip" else zipped(bytes(100 << 20))
    tracemalloc.start()
    with pytest.raises(BadCompression, match="times its size"):
        for _ in dialects.text_stream(blocks_of(data, 1 << 16), Dialect(compression=kind), FileLimits(ratio=500)):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_text_over_the_limit_is_an_error() -> None:
    limits = FileLimits(text_bytes=100)
    with pytest.raises(SourceTooLarge):
        list(dialects.text_stream([b"x" * 60, b"x" * 60], Dialect(), limits))
    with pytest.raises(BadCompression):
        list(dialects.text_stream([gzip.compress(b"x" * 101)], Dialect(compression="gzip"), limits))


@pytest.mark.parametrize("size", range(1, 40, 3))
def test_a_truncated_compressed_stream_is_an_error(size: int) -> None:
    for kind, data in (("gzip", gzip.compress(b"a,b\n1,2\n")), ("zip", zipped(b"a,b\n1,2\n"))):
        with pytest.raises(BadCompression):
            list(dialects.text_stream([data[:-size][:40]], Dialect(compression=kind), LIMITS))


@given(
    st.binary(max_size=200), st.sampled_from([b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"", b"\xff\xfe"])
)
@settings(max_examples=examples(400), deadline=None)
def test_any_bytes_have_a_dialect_or_a_code(data: bytes, magic: bytes) -> None:
    try:
        dialect = dialects.detect(magic + data, True, {})
        list(dialects.text_stream([magic + data], dialect, LIMITS))
    except JobError as error:
        assert error.code.startswith("IJ3")  # noqa: PT017
