"""Find the file of a zip archive that is imported, and let the download begin there."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from processor import dialect as dialects
from processor.errors import BadCompression
from processor.run.sheet_source import SheetSource
from processor.run.text import Download, checked, read_sample, without_beginning
from processor.storage import Source

#: How much of an archive's end is requested to find its directory. A file takes some 100 bytes in it, so that the first
#: request is enough for 600 files, and the second for 150,000.
END_BYTES: Final = (1 << 16, 1 << 24)


def at_member(
    download: Download, source: Source | SheetSource, options: Mapping[str, Any]
) -> tuple[Download, dialects.Member | None]:
    """Return the download from the file of an archive on that is imported, and that file; None for other files.

    The sheet of a workbook is such a file: its text is all that is read.
    Raises: BadCompression, UnknownMember, BadOption, JobError of Storage.
    """
    if isinstance(source, SheetSource):
        return download, dialects.Member(source.sheet, 0)
    if not dialects.is_archive(download.sample, options):
        return download, None
    end = download.sample if download.complete else None
    member = find_member(source, end, options.get("member"))
    if not member.at:
        return download, member
    blocks = without_beginning(checked(chain([download.sample], download.blocks), source.check), member.at)
    sample, complete = read_sample(blocks)
    return replace(download, sample=sample, complete=complete, blocks=blocks), member


def find_member(source: Source, archive: bytes | None, wanted: str | None) -> dialects.Member:
    """Return the file of an archive that is wanted; `archive` has all bytes if they are known.

    Raises: BadCompression, UnknownMember, JobError of Storage.
    """
    size = source.identified().size
    for length in END_BYTES:
        end = archive if archive is not None else b"".join(source.blocks(max(0, size - length)))
        members = dialects.members_of(end, size)
        if members is not None:
            return dialects.choose_member(members, wanted)
    raise BadCompression("the directory of the zip archive has more than {limit:,} bytes", limit=END_BYTES[-1])
