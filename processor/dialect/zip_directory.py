"""Choose the file of a zip archive by the directory at the archive's end."""

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from processor.dialect.zip_archive import DAMAGED, is_ignored
from processor.errors import BadCompression, UnknownMember

#: The most names that a hint lists, and the most characters of each.
MOST_NAMES: Final = 20
MOST_CHARACTERS: Final = 100
#: The flag of a name in UTF-8. Without it names are in code page 437, or what the archiver takes for text.
UTF8_NAME: Final = 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its path, and where its local header begins, in bytes from the archive's start."""

    name: str
    at: int


class _BeyondEnd(Exception):
    """A byte was wanted that comes before the known ones."""


class _LastBytes(io.RawIOBase):
    """A file of `size` bytes, of which only the last ones are known."""

    def __init__(self, end: bytes, size: int) -> None:
        super().__init__()
        self._end, self._size, self._at = end, size, 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("a negative position")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        start = self._at - (self._size - len(self._end))
        if start < 0 and size:
            raise _BeyondEnd
        data = self._end[start:] if size < 0 else self._end[start : start + size]
        self._at += len(data)
        return data


def members_of(end: bytes, size: int) -> list[Member] | None:
    """Return the files of an archive of `size` bytes, without folders; None if its directory begins before `end`.

    Raises: BadCompression if there is no directory.
    """
    try:
        infos = zipfile.ZipFile(_LastBytes(end, size)).infolist()
    except _BeyondEnd:
        return None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise BadCompression(DAMAGED) from None
    members = [Member(_name(info), info.header_offset) for info in infos]
    if any(member.at < 0 for member in members):
        raise BadCompression(DAMAGED)
    return [member for member in members if not member.name.endswith("/")]


def choose_member(members: Sequence[Member], wanted: str | None) -> Member:
    """Return the file of the path `wanted`, or the only one of that name in any folder; without it, the only file.

    Files that nobody has put there are found by their path only.
    Raises: UnknownMember, BadCompression; their hints list what there is.
    """
    files = [member for member in members if not is_ignored(member.name.encode())]
    if not files:
        raise BadCompression("the zip archive holds no file")
    if wanted is None:
        if len(files) > 1:
            raise BadCompression(
                "the zip archive holds more than one file",
                hint=f"Retry the job with the option member set to one of: {_listed(files)}.",
            )
        return files[0]
    path = _normalised(wanted)
    exact = [member for member in members if _normalised(member.name) == path]
    same = exact or [member for member in files if _normalised(member.name).rpartition("/")[2] == path]
    if len(same) != 1:
        raise UnknownMember(
            "the zip archive holds {files} file of the name in options.member",
            hint=f"Retry the job with the option member set to one of: {_listed(same or files)}.",
            files="more than one" if same else "no",
        )
    return same[0]


def _listed(files: Sequence[Member]) -> str:
    """Return the names of files for a hint: so many, so much of each, and nothing that is no text."""
    names = ["".join(char if char.isprintable() else "\ufffd" for char in file.name) for file in files[:MOST_NAMES]]
    cut = [name if len(name) <= MOST_CHARACTERS else f"{name[:MOST_CHARACTERS]}…" for name in names]
    rest = len(files) - MOST_NAMES
    return ", ".join(cut) + (f" and {rest:,} more" if rest > 0 else "")


def _name(info: zipfile.ZipInfo) -> str:
    """Return the path of a member, with slashes. macOS and others write UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _normalised(path: str) -> str:
    """Return a path in one form: macOS decomposes accents."""
    return unicodedata.normalize("NFC", path.replace("\\", "/")).removeprefix("./")
