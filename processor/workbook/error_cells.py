"""Error values of a sheet's cells (`#N/A`, `#REF!`), which the library gives as empty texts: their places and texts.

They are searched in the sheet's own XML; it is parsed only where its bytes may have any.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote
from xml.parsers import expat

from processor.workbook.error_parsers import Cells, OpenDocumentErrors, SpreadsheetErrors

_BLOCK_BYTES: Final = 1 << 20
#: More than the longest mark of an error cell, so that one on the border of two blocks is seen.
_OVERLAP_BYTES: Final = 64
_XLSX_MARK: Final = re.compile(rb"""\st\s*=\s*["']e["']""")
_ODS_MARK: Final = re.compile(rb"""value-type\s*=\s*["']error["']|>\s*(?:#|Err:)""")
_ODS_CONTENT: Final = "content.xml"
_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def error_cells(archive: zipfile.ZipFile, sheet: str) -> Cells:
    """Return the error values of a sheet: by the number of the row from 0, then that of the column.

    Raises: ExpatError for XML that is damaged, and what zipfile raises.
    """
    names = {name.lower(): name for name in archive.namelist()}
    if _ODS_CONTENT in names and _WORKBOOK not in names:
        member, mark, parser = names[_ODS_CONTENT], _ODS_MARK, OpenDocumentErrors(sheet)
    else:
        member, mark, parser = _part_of(archive, names, sheet), _XLSX_MARK, SpreadsheetErrors()
    if member is None or not any(map(mark.search, _overlapping(archive, member))):
        return {}
    with archive.open(member) as content:
        return parser.parse(iter(lambda: content.read(_BLOCK_BYTES), b""))


def _overlapping(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield a member in blocks, each with the end of the one before."""
    end = b""
    with archive.open(member) as content:
        while block := content.read(_BLOCK_BYTES):
            yield end + block
            end = block[-_OVERLAP_BYTES:]


def _part_of(archive: zipfile.ZipFile, names: dict[str, str], sheet: str) -> str | None:
    """Return the name of the member that has a sheet's cells; None where the workbook does not say it."""
    if _WORKBOOK not in names or _RELATIONS not in names:
        return None
    sheets = _attributes(archive, names[_WORKBOOK], "sheet")
    relation = next(
        (value for one in sheets if one.get("name") == sheet for key, value in one.items() if ":id" in key), ""
    )
    for one in _attributes(archive, names[_RELATIONS], "Relationship"):
        if one.get("Id") == relation:
            target = unquote(one.get("Target", ""))
            path = PurePosixPath("/xl") / target
            return names.get(str(path).removeprefix("/").lower()) or names.get(target.lower())
    return None


def _attributes(archive: zipfile.ZipFile, member: str, element: str) -> list[dict[str, str]]:
    """Return the attributes of all elements of a name, whatever the prefix."""
    taken: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == element:
            taken.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with archive.open(member) as content:
        while block := content.read(_BLOCK_BYTES):
            parser.Parse(block, False)
    parser.Parse(b"", True)
    return taken
