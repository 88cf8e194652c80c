"""Workbooks that tests import: by several writers, and made by hand where no writer makes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter

Rows = Sequence[Sequence[Any]]
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_NAMESPACES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def by_openpyxl(sheets: Mapping[str, Rows], hidden: Sequence[str] = ()) -> bytes:
    """Return a workbook with these sheets; those in `hidden` are not shown."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def by_xlsxwriter(rows: Rows, **options: Any) -> bytes:
    """Return a workbook of one sheet."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **options})
    sheet = workbook.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    workbook.close()
    return file.getvalue()


def ods(rows: Sequence[Sequence[tuple[str, str]]], *, encrypted: bool = False) -> bytes:
    """Return an OpenDocument spreadsheet; each cell has the type and the value of its attribute."""
    body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    return ods_by_hand(body, encrypted=encrypted)


def ods_by_hand(body: str, *, encrypted: bool = False) -> bytes:
    """Return an OpenDocument spreadsheet with this XML as the content of its table `Plan`."""
    content = (
        f'<?xml version="1.0"?><office:document-content {_NAMESPACES} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Plan">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    key = '<m:encryption-data m:checksum="x"/>' if encrypted else ""
    manifest = (
        f'<m:manifest xmlns:m="{MANIFEST}"><m:file-entry m:full-path="content.xml">{key}</m:file-entry></m:manifest>'
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def _ods_cell(cell: tuple[str, str]) -> str:
    kind, value = cell
    if kind == "string":
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    name = {"float": "value", "percentage": "value"}.get(kind, f"{kind}-value")
    return f'<table:table-cell office:value-type="{kind}" office:{name}="{value}"><text:p>.</text:p></table:table-cell>'


def by_hand(sheet: str, *, shared: str = "") -> bytes:
    """Return an .xlsx with this XML as the content of `<worksheet>`, and as shared strings."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{relations}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'.encode(),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="S" sheetId="1" '
            'r:id="s"/></sheets></workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="s" '
            f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="t" '
            f'Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'.encode(),
            "xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>'.encode(),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}</worksheet>'.encode(),
        }
    )


def compound(*streams: str) -> bytes:
    """Return the beginning of a compound file whose directory names these streams."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\3\0\xfe\xff\x09\0\6\0"
    header = header.ljust(48, b"\0") + (0).to_bytes(4, "little")
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))
    return header.ljust(512, b"\0") + entries.ljust(512, b"\0")


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return an archive of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # A mimetype is stored, so that its text is in the first bytes of the file.
            archive.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return file.getvalue()
