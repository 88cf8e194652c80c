"""The directory of an archive gives each file with its place, from the archive's last bytes alone."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.dialect import Member, choose_member, members_of
from processor.dialect.compression import decompress
from processor.errors import BadCompression, UnknownMember
from processor.model import FileLimits

NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8), unique=True)


def archive_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writer:
        writer.comment = comment
        for name, data in files.items():
            writer.writestr(name, data)
    return archive.getvalue()


def unpacked(archive: bytes, member: Member) -> bytes:
    return b"".join(decompress([archive[member.at :]], "zip", FileLimits(), first_only=True))


@given(NAMES, st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]), st.binary(max_size=20), st.integers(0, 400))
def test_every_file_is_found_from_the_last_bytes(names: list[str], method: int, comment: bytes, known: int) -> None:
    files = {name: name.encode() * 3 for name in names}
    archive = archive_of(files, method, comment)
    members = members_of(archive, len(archive))
    assert members is not None
    for member, (name, data) in zip(members, [one for one in files.items() if one[0][-1] not in "/\\"], strict=True):
        assert member.name == name.replace("\\", "/")
        assert unpacked(archive, member) == data
    assert members_of(archive[len(archive) - min(known, len(archive)) :], len(archive)) in (None, members)


def test_names_of_macos_are_read_as_utf_8() -> None:
    raw = archive_of({"ac\u0327a\u0303o.csv": b"x"})
    # macOS leaves the flag out with which Python says that a name is UTF-8.
    archive = raw.replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00")
    assert archive != raw
    members = members_of(archive, len(archive))
    assert members is not None
    assert choose_member(members, "ação.csv") == members[0]


@pytest.mark.parametrize("size", range(1, 100, 7))
def test_an_archive_that_ends_too_early_is_damaged(size: int) -> None:
    archive = archive_of({"a.csv": b"a,b\n1,2\n"})[:-size]
    with pytest.raises(BadCompression):
        members_of(archive, len(archive))


def test_a_place_outside_of_the_archive_is_damage() -> None:
    archive = archive_of({"a.csv": b"a,b\n1,2\n" * 100})
    for at in (7, len(archive) - 1, len(archive) + 100):
        with pytest.raises(BadCompression):
            unpacked(archive, Member("a.csv", at))


FILES = [
    Member("a.csv", 0),
    Member("x/b.csv", 10),
    Member("y/b.csv", 20),
    Member(".keep", 30),
    Member("__MACOSX/c", 40),
]


@pytest.mark.parametrize(
    ("wanted", "at"), [("a.csv", 0), ("./a.csv", 0), ("x/b.csv", 10), ("y\\b.csv", 20), (".keep", 30)]
)
def test_a_path_is_exact(wanted: str, at: int) -> None:
    assert choose_member(FILES, wanted).at == at


@pytest.mark.parametrize("wanted", ["b.csv", "A.csv", "c", "b", "/a.csv", "x/", "z/a.csv"])
def test_a_name_that_is_not_the_only_one_is_unknown(wanted: str) -> None:
    with pytest.raises(UnknownMember) as caught:
        choose_member(FILES, wanted)
    assert "x/b.csv" in caught.value.advice
    assert "MACOSX" not in caught.value.advice
