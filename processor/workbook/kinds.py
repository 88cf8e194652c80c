"""What the first bytes, and the names of the parts, say about a file of Office."""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
#: The local header of a member: its two sizes are those of the name and of the extra field.
_HEADER = struct.Struct("<4s22xHH")
_SIGNATURE: Final = b"PK\x03\x04"
#: Names that only Excel's archives have, those of all archives of Office, and those of the other programs.
_EXCEL = re.compile(r"xl/(?:workbook|worksheets/|sharedStrings|styles|theme/|_rels/|metadata|persons/)")
_OFFICE = re.compile(r"\[Content_Types\]\.xml$|_rels/\.rels$|docProps/|customXml/")
_OTHERS = re.compile(r"(?P<word>word/)|(?P<slides>ppt/)|(?P<drawing>visio/)")
_NAMES: Final = {"word": "a Word document", "slides": "a PowerPoint presentation", "drawing": "a Visio drawing"}


def may_be_workbook(sample: bytes) -> bool:
    """Return whether a file may be a workbook, by the names of its first members; a later look may say it is none.

    An archive of other files is none, whatever follows its first member.
    """
    members = list(_members(sample))
    if not members:
        return False
    first, content = members[0]
    if first == "mimetype":
        return content.startswith(ODS) or _inflated(content).startswith(ODS)
    if not (_OFFICE.match(first) or _EXCEL.match(first)):
        return False
    return not any(_OTHERS.match(name) for name, _ in members)


def is_compound(sample: bytes) -> bool:
    """Return whether the file is a compound file: an old Office file, or an encrypted new one."""
    return sample.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def other_kind(names: Iterable[str]) -> str | None:
    """Return what an archive of Office is by the names of all members, if it is no workbook."""
    for name in names:
        if match := _OTHERS.match(name):
            return _NAMES[match.lastgroup or ""]
    return None


def is_binary_workbook(names: Iterable[str]) -> bool:
    """Return whether the parts of a workbook are binary (.xlsb)."""
    return "xl/workbook.bin" in names


def _inflated(content: bytes) -> bytes:
    """Return what the beginning of a deflated member holds: a mimetype ought to be stored, and sometimes is not."""
    try:
        return zlib.decompressobj(wbits=-15).decompress(content)
    except zlib.error:
        return b""


def _members(sample: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each member whose header is in the sample, and the 80 bytes behind that header."""
    if not sample.startswith(_SIGNATURE):
        return
    at = 0
    while at >= 0 and len(sample) >= at + _HEADER.size:
        _, name_size, extra_size = _HEADER.unpack_from(sample, at)
        start = at + _HEADER.size
        body = start + name_size + extra_size
        yield sample[start : start + name_size].decode("utf-8", "replace"), sample[body : body + 80]
        at = sample.find(_SIGNATURE, start)
