"""The text of a sheet, with openpyxl as the oracle; limits, damage and choices of a sheet are errors with codes."""

from __future__ import annotations

import csv
import datetime
import io
import os
import struct
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ERROR_CODES

from processor.config import Config
from processor.errors import AmbiguousDialect, JobError
from processor.workbook import Request, Workbooks
from tests.acceptance import workbook_files as books

MIB = 1 << 20
NIGHTLY = bool(os.environ.get("IMPORT_JOBS_NIGHTLY"))


def text_of(data: bytes, request: Request | None = None, **limits: Any) -> str:
    """Return the text of a workbook, as the processor gets it."""
    workbooks = Workbooks(Config(database_url="", supabase_url="", secret_key="", **limits))
    with workbooks.spool(iter([data]), len(data)) as file:
        text = workbooks.text_of(file, request or Request(), lambda: None)
        try:
            return b"".join(text.blocks(lambda: None)).decode()
        finally:
            text.close()


def error_of(data: bytes, request: Request | None = None, **limits: Any) -> JobError:
    with pytest.raises(JobError) as caught:
        text_of(data, request, **limits)
    return caught.value


def sheet_of(cells: Mapping[str, str]) -> str:
    """Return the XML of numbers by the names of their cells, each in a row of its own."""
    rows = (
        f'<row r="{cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{cell}"><v>{value}</v></c></row>'
        for cell, value in cells.items()
    )
    return f"<sheetData>{''.join(rows)}</sheetData>"


MARCH_1900, LAST_DAY = (datetime.datetime.fromisoformat(day) for day in ("1900-03-01", "9999-12-31"))
#: What cells of .xlsx hold. Excel's own days begin in March 1900, and its clock counts milliseconds.
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=20),
    st.dates(MARCH_1900.date(), LAST_DAY.date()),
    st.datetimes(MARCH_1900, LAST_DAY).map(lambda moment: moment.replace(microsecond=0)),
    st.sampled_from(ERROR_CODES),
)


def is_blank(value: object) -> bool:
    """Return whether a cell counts as empty, which one of white space alone does."""
    return value is None or (isinstance(value, str) and not value.strip(" \t\r\n"))


def same(text: str, value: object) -> bool:
    """Return whether the text of a cell stands for the value that openpyxl reads."""
    match value:
        case _ if is_blank(value):
            return text == ""
        case bool():
            return text == str(value).lower()
        case int() | float():
            return "e" not in text and float(text) == float(value)
        case datetime.datetime():
            # A day without a time is a date here, and a moment at midnight there.
            return datetime.datetime.fromisoformat(text) == value
        case _:
            return text == str(value)


@settings(max_examples=200 if NIGHTLY else 20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=40))
def test_every_cell_is_what_openpyxl_reads(rows: list[list[Any]]) -> None:
    data = books.by_openpyxl({"S": [["a", "b", "c"], *rows]})
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["S"]
    expected = list(sheet.iter_rows(values_only=True))
    while all(is_blank(value) for value in expected[-1]):
        expected.pop()
    read = list(csv.reader(io.StringIO(text_of(data), newline="")))
    assert len(read) == len(expected)
    for texts, values in zip(read, expected, strict=True):
        assert all(same(text, value) for text, value in zip(texts, values, strict=True)), (texts, values)


WORKBOOKS = Path(__file__).parents[1] / "data" / "workbooks"
LIBREOFFICE = """\
name,amount,rate
Ana,10,#DIV/0!
#N/A,20,2
Bob,#N/A,3
Eva,#NAME?,4
Lia,{root},5
Rui,#VALUE!,5
#N/A,7,8
#DIV/0!,#DIV/0!,#DIV/0!
"""


@pytest.mark.parametrize(("name", "root"), [("libreoffice.ods", "Err:502"), ("libreoffice.xlsx", "#VALUE!")])
def test_error_values_that_libreoffice_writes(name: str, root: str) -> None:
    assert text_of((WORKBOOKS / name).read_bytes()) == LIBREOFFICE.format(root=root)


ERRORS = {
    "with places": '<row r="2"><c r="C2" t="e"><v>#REF!</v></c><c r="D2"><v>1</v></c></row>',
    "without places": "<row/><row><c/><c/><c t='e'><v>#REF!</v></c><c><v>1</v></c></row>",
    "with spaces": '<row r="2"><c  t = "e"\nr="C2"><f>A1</f><v>#REF!</v></c><c r="D2"><v>1</v></c></row>',
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_values_are_in_their_places(name: str) -> None:
    assert text_of(books.by_hand(f"<sheetData>{ERRORS[name]}</sheetData>")) == ",\n#REF!,1\n"


def test_an_error_value_beside_empty_columns() -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="C2" t="e"><v>#NUM!</v></c></row>'
    assert text_of(books.by_hand(f"<sheetData>{cells}</sheetData>")) == "1,,\n,,#NUM!\n"


def test_texts_that_look_like_errors_are_texts() -> None:
    cells = '<row r="1"><c r="A1" t="str"><v>#REF!</v></c><c r="B1" t="inlineStr"><is><t>x t="e"</t></is></c></row>'
    assert text_of(books.by_hand(f"<sheetData>{cells}</sheetData>")) == '#REF!,"x t=""e"""\n'


def test_error_values_of_other_sheets_are_left_out() -> None:
    sheets = {"A": [["a", "#REF!"], [1, 2]], "B & c": [["b", "c"], [1, "#N/A"]]}
    assert text_of(books.by_openpyxl(sheets), Request(member="B & c")) == "b,c\n1,#N/A\n"
    assert text_of(books.by_openpyxl(sheets), Request(member="A")) == "a,#REF!\n1,2\n"


_ERROR = 'calcext:value-type="error" office:value-type="string" office:string-value=""'
_ZERO = 'office:value-type="float" office:value="0"'
ODS_CELLS = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>#N/A</text:p></table:table-cell>'
    f'<table:table-cell table:number-columns-repeated="2" {_ERROR}><office:annotation><text:p>#NOTE!</text:p>'
    "</office:annotation><text:p>#RE<text:span>F!</text:span></text:p></table:table-cell>"
    '<table:table-cell office:value-type="float" office:value="1"><text:p>#1</text:p></table:table-cell>'
    '</table:table-row><table:table-row table:number-rows-repeated="2">'
    f'<table:table-cell table:formula="of:=1/0" {_ZERO}>'
    "<text:p>#DIV/0!</text:p></table:table-cell><table:covered-table-cell/>"
    f"<table:table-cell {_ZERO}><text:p>#DIV/0!</text:p></table:table-cell></table:table-row>"
)


def test_error_values_of_open_document() -> None:
    """They repeat, have comments, and older writers give them the number 0; a format may show anything for a number."""
    assert text_of(books.ods_by_hand(ODS_CELLS)) == "#N/A,#REF!,#REF!,1\n#DIV/0!,,0,\n#DIV/0!,,0,\n"


NUMBERS = {
    "1": "1",
    "-0": "0",
    "1.50": "1.5",
    "1E+21": "1000000000000000000000",
    "1E23": "100000000000000000000000",
    "1E-7": "0.0000001",
    "0.1": "0.1",
    "123456789012345678": "123456789012345680",
    "-2.5E-3": "-0.0025",
}


@pytest.mark.parametrize("stored", NUMBERS)
def test_numbers_have_no_exponent(stored: str) -> None:
    assert text_of(books.by_hand(sheet_of({"A1": stored}))) == NUMBERS[stored] + "\n"
    with_comma = Request(delimiter=";", mark=",")
    expected = NUMBERS[stored].replace(".", ",")
    assert text_of(books.by_hand(sheet_of({"A1": stored})), with_comma).strip('"\n') == expected


def test_marks_of_single_fields_differ() -> None:
    data = books.by_openpyxl({"S": [[1.5, 1.5, "1.5"]]})
    assert text_of(data, Request(marks={1: ","})) == '1.5,"1,5",1.5\n'


def test_times_and_durations() -> None:
    long, moment = datetime.timedelta(hours=30, minutes=15), "2026-01-02 03:04:05.500000"
    row = [datetime.time(3, 4, 5), long, datetime.datetime.fromisoformat(moment)]
    data = books.by_openpyxl({"S": [row]})
    assert text_of(data) == f"03:04:05,30:15:00,{moment}\n"


def test_values_of_formulas_are_read() -> None:
    cell = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"x"</f><v>x</v></c></row>'
    assert text_of(books.by_hand(f"<sheetData>{cell}</sheetData>")) == "2,x\n"


def test_a_merged_value_is_in_its_first_cell() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["a", "b", "c"])
    sheet["A2"] = "x"
    sheet["C3"] = 1
    sheet.merge_cells("A2:B3")
    file = io.BytesIO()
    workbook.save(file)
    assert text_of(file.getvalue()) == "a,b,c\nx,,\n,,1\n"


def test_hidden_rows_and_columns_are_read() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (["a", "b"], [1, 2], [3, 4]):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    file = io.BytesIO()
    workbook.save(file)
    assert text_of(file.getvalue()) == "a,b\n1,2\n3,4\n"


def test_rows_keep_their_places_and_empty_ones_at_the_end_are_left_out() -> None:
    rows = [[None], ["a", "b"], [None, None], [1, 2], ["", ""]]
    assert text_of(books.by_openpyxl({"S": rows})) == ",\na,b\n,\n1,2\n"
    assert text_of(books.by_hand(sheet_of({"C2": "1", "C4": "2"}))) == "\n1\n\n2\n"


def test_the_text_is_the_same_each_time() -> None:
    data = books.by_openpyxl({"S": [["a", "b"], *([f"x{row}", row / 7] for row in range(5000))]})
    assert text_of(data) == text_of(data)


def test_open_document() -> None:
    cells = [("string", "a, b"), ("float", "1E+21"), ("percentage", "0.5"), ("date", "2026-12-31"), ("boolean", "true")]
    assert text_of(books.ods([cells])) == '"a, b",1000000000000000000000,0.5,2026-12-31,true\n'
    assert error_of(books.ods([cells], encrypted=True)).code == "IJ314"


class TestSheets:
    """Which sheet is read."""

    ROWS = (["a"], [1])

    def test_the_only_visible_one_with_data(self) -> None:
        sheets = {"Hidden": [["h"]], "Empty": [], "Blank": [[None], [""]], "Data": self.ROWS}
        assert text_of(books.by_openpyxl(sheets, hidden=["Hidden"])) == "a\n1\n"

    def test_several_are_a_choice(self) -> None:
        error = error_of(books.by_openpyxl({"Jan": self.ROWS, "Fev": self.ROWS, "H": self.ROWS}, hidden=["H"]))
        assert isinstance(error, AmbiguousDialect)
        assert (error.code, error.option, error.choices) == ("IJ309", "member", ("Jan", "Fev"))

    @pytest.mark.parametrize("member", ["Março 1", "março 1", " Março 1 "])
    def test_a_named_one(self, member: str) -> None:
        data = books.by_openpyxl({"Jan": [["x"]], "Março 1": self.ROWS})
        assert text_of(data, Request(member=member)) == "a\n1\n"

    @pytest.mark.parametrize("member", ["Mar", "H", ""])
    def test_an_unknown_or_hidden_one(self, member: str) -> None:
        error = error_of(books.by_openpyxl({"Jan": [["x"]], "H": self.ROWS}, hidden=["H"]), Request(member=member))
        assert (error.code, error.params) == ("IJ313", {"names": "Jan"})

    def test_none(self) -> None:
        assert error_of(books.by_openpyxl({"Empty": [], "Blank": [[""]]})).code == "IJ301"


def bombs() -> Iterator[tuple[str, bytes, dict[str, int], str]]:
    """Yield workbooks that are larger than they seem, the limits that they meet, and what the message says."""
    memory = {"workbook_memory_bytes": 64 * MIB}
    far = sheet_of({"A1": "1", "XFD1048576": "2"})
    yield "a cell in the last corner", books.by_hand(far), {}, "memory"
    beyond = sheet_of({"A1": "1", "XFE16777217": "2"})
    yield "a cell beyond the grid", books.by_hand(beyond), {}, "memory"
    texts = f"<si><t>{'a' * 1000}</t></si>" * 300_000
    yield "300 MB of shared texts in 0.8 MB", books.by_hand(sheet_of({"A1": "1"}), shared=texts), memory, "memory"
    spaces = books.by_hand(f"<sheetData>{' ' * (400 * MIB)}</sheetData>")
    yield "400 MB of spaces", spaces, {"workbook_seconds": 0}, "longer"
    rows = books.by_openpyxl({"S": [["a" * 1000]] * 2000})
    yield "more text than is allowed", rows, {"max_workbook_bytes": len(rows)}, "disk"
    yield "more bytes than are allowed", rows, {"max_workbook_bytes": len(rows) - 1}, "bytes"


@pytest.mark.parametrize(("data", "limits", "message"), [pytest.param(*case, id=name) for name, *case in bombs()])
def test_a_workbook_beyond_a_limit(data: bytes, limits: dict[str, int], message: str) -> None:
    error = error_of(data, **limits)
    assert (error.code, error.transient) == ("IJ316", False)
    assert message in error.message


def with_directory_sizes(archive: bytes, size: int) -> bytes:
    """Return an archive whose directory says that each member has this size."""
    changed, at = bytearray(archive), 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<L", changed, at + 24, size)
        at += 4
    return bytes(changed)


def with_bytes_changed(archive: bytes, member: bytes) -> bytes:
    """Return an archive in which bytes of a member are zeros."""
    at = archive.index(member) + 500
    return archive[:at] + bytes(100) + archive[at + 100 :]


GOOD = books.by_openpyxl({"S": [["a"], *([row] for row in range(3000))]})
DAMAGED = {
    "cut short": GOOD[: len(GOOD) // 2],
    "without an end": GOOD[:-22],
    "with a smaller size than it has": with_directory_sizes(GOOD, 10),
    "with bytes changed": with_bytes_changed(GOOD, b"xl/worksheets/sheet1.xml"),
    "with no workbook in it": books.zipped({"[Content_Types].xml": b"<x/>", "xl/styles.xml": b"<x/>"}),
    "of nested tags": books.by_hand("<sheetData>" + "<a>" * 500_000),
    "of other XML": books.by_hand("<sheetData><row r='x'><c r='??'><v>1</v>"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_workbook(name: str) -> None:
    assert error_of(DAMAGED[name]).code == "IJ317"


def test_sizes_that_lie_allocate_nothing() -> None:
    big = with_directory_sizes(GOOD, 0xFFFFFFF0)
    assert text_of(big, workbook_memory_bytes=64 * MIB) == text_of(GOOD)
    claims = books.by_hand('<dimension ref="A1:XFD1048576"/>' + sheet_of({"A1": "1", "B2": "2"}))
    assert text_of(claims) == "1,\n,2\n"


@pytest.mark.parametrize(
    ("name", "code"), [("xl/workbook.bin", "IJ315"), ("word/document.xml", "IJ303"), ("ppt/presentation.xml", "IJ303")]
)
def test_other_files_of_office(name: str, code: str) -> None:
    assert error_of(books.zipped({"[Content_Types].xml": b"<x/>", name: b"<x/>"})).code == code


def test_numbers_of_money_keep_their_digits() -> None:
    amounts = [Decimal("0.07"), Decimal("1234567.89"), Decimal("-99999.99")]
    text = text_of(books.by_openpyxl({"S": [[float(amount)] for amount in amounts]}))
    assert [Decimal(line) for line in text.split()] == amounts
