"""Tell old Office files from encrypted new ones: both are compound files, a file system of streams ([MS-CFB])."""

import struct

from processor.errors import JobError, NotCsv, OldWorkbook, WorkbookLocked

#: The exponent of the size of a sector, and the number of the directory's first one, in the header.
_SECTOR_SHIFT, _FIRST_DIRECTORY_SECTOR = 30, 48
#: The names of the streams are in the first sector of the directory: the writers create them first.
_MOST_SECTOR = 4096


def directory_of(header: bytes) -> tuple[int, int]:
    """Return where the first sector of the directory begins and ends, in bytes of the file."""
    (shift,) = struct.unpack_from("<H", header.ljust(512, b"\0"), _SECTOR_SHIFT)
    (number,) = struct.unpack_from("<L", header.ljust(512, b"\0"), _FIRST_DIRECTORY_SECTOR)
    size = min(1 << min(shift, 12), _MOST_SECTOR)
    start = (number + 1) * size
    return start, start + size


def compound_error(directory: bytes) -> JobError:
    """Return why a compound file cannot be imported, by the names of streams in its directory."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in directory

    if has("EncryptedPackage") or has("EncryptionInfo"):
        return WorkbookLocked("the workbook is protected by a password")
    if has("Workbook\0") or has("Book\0"):
        return OldWorkbook("the file is a workbook of Excel 97 to 2003 (.xls)")
    name = "an old Word document (.doc)" if has("WordDocument") else "an old Excel or Word file (.xls, .doc)"
    return NotCsv("the file is {format}, not CSV", format=name)
