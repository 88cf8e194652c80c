"""Archives of many tiny members: what follows a member is not copied again for each of them."""

import gzip
import io
import zipfile

import pytest

from processor.dialect.compression import decompress, zstd
from processor.errors import BadCompression
from processor.model import FileLimits

TEXT = b"id,name\n" + b"1,a\n" * 5_000


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 18])
@pytest.mark.parametrize(("name", "compress"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_members_of_any_size_are_joined(name: str, compress: type[bytes], size: int) -> None:
    parts = [TEXT[start : start + 997] for start in range(0, len(TEXT), 997)]
    data = b"".join(compress(part) + compress(b"") for part in parts)
    assert b"".join(decompress(blocks(data, size), name, FileLimits())) == TEXT


def test_zeros_may_follow_the_last_member_of_many() -> None:
    data = gzip.compress(TEXT) + gzip.compress(b"") * 3 + bytes(100_000)
    assert b"".join(decompress(blocks(data, 1 << 18), "gzip", FileLimits())) == TEXT


@pytest.mark.parametrize("size", [3, 1 << 18])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_ignored_members_around_the_file_are_skipped(method: int, size: int) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writer:
        for number in range(500):
            writer.writestr(f"__MACOSX/{number}", b"x" * (number % 3))
        writer.writestr("a.csv", TEXT)
    assert b"".join(decompress(blocks(archive.getvalue(), size), "zip", FileLimits())) == TEXT


LEFT_BEHIND = (
    ".DS_Store",
    "a/.DS_Store",
    "__MACOSX/._a.csv",
    "a/__MACOSX/x",
    "._a.csv",
    "Thumbs.db",
    "a/desktop.ini",
    "a/",
)


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_files_that_nobody_has_put_there_are_skipped(name: str) -> None:
    for names in ((name, "a.csv"), ("a.csv", name)):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
            for member in names:
                writer.writestr(member, TEXT if member == "a.csv" else b"")
        assert b"".join(decompress(blocks(archive.getvalue(), 7), "zip", FileLimits())) == TEXT


@pytest.mark.parametrize("name", ["b.csv", ".csv", "DS_Store", "a/thumbs.csv", "MACOSX/x"])
def test_other_files_beside_the_file_are_an_error(name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("a.csv", TEXT)
        writer.writestr(name, TEXT)
    with pytest.raises(BadCompression, match="more than one file"):
        list(decompress(blocks(archive.getvalue(), 100), "zip", FileLimits()))


def test_a_member_that_breaks_off_is_an_error() -> None:
    data = gzip.compress(TEXT) + gzip.compress(TEXT)[:-9]
    with pytest.raises(BadCompression):
        list(decompress(blocks(data, 100), "gzip", FileLimits()))
