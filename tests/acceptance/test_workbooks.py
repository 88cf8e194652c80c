"""Workbooks (.xlsx, .ods): one sheet is imported like a CSV file; what cannot be read has a code of its own."""

from __future__ import annotations

import datetime
import hashlib
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.acceptance import workbook_files as books
from tests.acceptance.conftest import Stack

DAY, MOMENT = datetime.date(2026, 12, 31), datetime.datetime.fromisoformat("2026-12-31T23:59:58")
PEOPLE = "name text, amount numeric, born date, seen timestamp, paid boolean, at time"
HEADER = ["Name", "Amount", "Born", "Seen", "Paid", "At"]
ANA = ['Ana, "A"\nLima', 1234.5, DAY, MOMENT, True, datetime.time(3, 4, 5)]
BOB = ["0012", 1e21, None, None, False, None]
EXPECTED = [
    (ANA[0], Decimal("1234.5"), DAY, MOMENT, True, datetime.time(3, 4, 5)),
    ("0012", Decimal(10) ** 21, None, None, False, None),
]
ODS_PEOPLE = [
    [("string", name) for name in HEADER],
    [
        ("string", 'Ana, "A"'),
        ("float", "1234.5"),
        ("date", "2026-12-31"),
        ("date", "2026-12-31T23:59:58"),
        ("boolean", "true"),
        ("time", "PT03H04M05S"),
    ],
]


def rows_of(stack: Stack, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in stack.sql(f"select * from public.{table} order by 1 desc")]


@pytest.mark.parametrize("options", [{}, {"locale": "pt-BR"}, {"date_formats": ["%d/%m/%Y"], "decimal": ","}])
@pytest.mark.parametrize("write", [books.by_openpyxl, books.by_xlsxwriter])
def test_values_of_cells_are_loaded_as_they_are(stack: Stack, write: Any, options: dict[str, Any]) -> None:
    """Also where the options say that texts are written in another way: with a decimal comma, days before months."""
    rows = [HEADER, ANA, BOB]
    table = stack.table(PEOPLE)
    data = write({"People": rows}) if write is books.by_openpyxl else write(rows, remove_timezone=True)
    if write is books.by_xlsxwriter:
        table = stack.table("name text, amount numeric, born date, paid boolean")
        data = write([[row[at] for at in (0, 1, 2, 4)] for row in rows])
    job = stack.run(data, table, options)
    assert (job["status"], job["error_code"], job["rows_loaded"], job["rows_rejected"]) == ("completed", None, 2, 0)
    expected = EXPECTED if write is books.by_openpyxl else [tuple(row[at] for at in (0, 1, 2, 4)) for row in EXPECTED]
    assert rows_of(stack, table) == expected
    assert job["bytes_total"] == len(data)
    assert job["bytes_read"] == len(data)
    assert job["file_sha256"] == hashlib.sha256(data).hexdigest()


def test_open_document_is_loaded(stack: Stack) -> None:
    table = stack.table(PEOPLE)
    job = stack.run(books.ods(ODS_PEOPLE), table)
    assert (job["status"], job["rows_loaded"], job["dialect"]["member"]) == ("completed", 1, "Plan")
    assert rows_of(stack, table) == [('Ana, "A"', *EXPECTED[0][1:])]


def test_a_column_with_marks_of_its_own_gets_the_number_of_the_cell(stack: Stack) -> None:
    """Where 1.234 is written with a point and read with a decimal comma, it would be a thousand times larger."""
    table = stack.table("a numeric, b numeric, c text")
    settings = '{"a": {"decimal": ",", "thousands": "."}, "b": {}, "c": {}}'
    stack.sql(f"update public.import_targets set columns = '{settings}' where name = %s", table)
    job = stack.run(books.by_openpyxl({"S": [["a", "b", "c"], [1.234, 1.234, 1.234], ["1.234", "1.5", "x"]]}), table)
    assert (job["error_code"], job["rows_loaded"]) == (None, 2)
    assert stack.rows(table) == [
        (Decimal("1.234"), Decimal("1.234"), "1.234"),
        (Decimal("1234"), Decimal("1.5"), "x"),
    ]


def test_a_title_above_and_columns_beside_the_table_are_passed_over(stack: Stack) -> None:
    table = stack.table("a integer, b integer")
    rows = [[None, "Report of 2026"], [], [None, "a", "b"], [None, 1, 2]]
    job = stack.run(books.by_openpyxl({"S": rows}), table)
    assert (job["error_code"], job["dialect"]["skip_lines"]) == (None, 2)
    assert stack.rows(table) == [(1, 2)]


def test_rejections_name_the_rows_of_the_sheet_and_can_be_corrected(stack: Stack) -> None:
    table = stack.table("a integer, day date")
    rows = [["a", "day"], [1, DAY], ["x", DAY], [3, "no day"]]
    options = {"date_formats": ["%d/%m/%Y"]}
    job = stack.run(books.by_openpyxl({"S": rows}), table, options)
    assert stack.rejections(job) == [(3, "a", "IJ403"), (4, "day", "IJ403")]
    corrected = stack.download(job["errors_path"]).replace(b",x,", b",2,").replace(b"no day", b"31/12/2026")
    again = stack.run(corrected, table, options)
    assert (again["error_code"], again["rows_loaded"], again["rows_rejected"]) == (None, 2, 0)
    assert stack.rows(table) == [(1, DAY), (2, DAY), (3, DAY)]


ERRORS = [["a", "b"], [1, "x"], ["#REF!", "y"], [3, "#DIV/0!"], ["#N/A", "z"], [5, "#N/A"]]
AS_TEXT = "an error value of the spreadsheet, such as #REF!"


def test_error_values_are_rejected_in_any_column(stack: Stack) -> None:
    """A text column would take them as texts, and null would be a guess."""
    table = stack.table("a integer, b text")
    job = stack.run(books.by_openpyxl({"S": ERRORS}), table)
    codes = [(3, "a", "IJ403"), (4, "b", "IJ403"), (5, "a", "IJ403"), (6, "b", "IJ403")]
    assert (job["error_code"], stack.rejections(job)) == (None, codes)
    assert stack.rows(table) == [(1, "x")]
    messages = stack.sql("select distinct message from public.import_job_errors where job_id = %s", job["id"])
    assert sorted(row["message"] for row in messages) == [f"a: {AS_TEXT}", f"b: {AS_TEXT}"]


@pytest.mark.parametrize("options", [{"null_values": ["#N/A"]}, {"locale": "pt-BR"}, {"locale": "de-DE"}])
def test_a_value_that_is_not_available_is_null_where_the_options_say_so(stack: Stack, options: dict[str, Any]) -> None:
    """The locales name it in their languages, in which the spreadsheet shows it: `#N/D`, `#NV`."""
    table = stack.table("a integer, b text")
    job = stack.run(books.by_openpyxl({"S": ERRORS}), table, options)
    assert (job["error_code"], stack.rejections(job)) == (None, [(3, "a", "IJ403"), (4, "b", "IJ403")])
    assert stack.rows(table) == [(1, "x"), (5, None), (None, "z")]


def test_an_inspection_shows_error_values(stack: Stack) -> None:
    table = stack.table("a integer, b text")
    stack.sql(f"grant select, insert on public.{table} to authenticated")
    job = stack.run_as(uuid4(), books.by_openpyxl({"S": ERRORS}), table, {"inspect": True})
    errors = [[error["column"] for error in row["errors"]] for row in job["report"]["inspection"]["rows"]]
    assert errors == [[], ["a"], ["b"], ["a"], ["b"]]


def test_options_of_the_text_do_not_apply(stack: Stack) -> None:
    table = stack.table("a text, b text")
    given = {
        "encoding": "utf-16",
        "delimiter": ";",
        "quote": "'",
        "escape": "\\",
        "comment": "#",
        "compression": "gzip",
    }
    job = stack.run(books.by_openpyxl({"S": [["a", "b"], ["#1", 'c:\\x;"y"'], ["'q", "é"]]}), table, given)
    assert (job["error_code"], job["rows_loaded"]) == (None, 2)
    assert stack.rows(table) == [("#1", 'c:\\x;"y"'), ("'q", "é")]


@pytest.mark.parametrize("prefix", ["=", "+", "@"])
def test_texts_that_spreadsheets_would_compute_are_texts(stack: Stack, prefix: str) -> None:
    table = stack.table("a text")
    job = stack.run(books.by_xlsxwriter([["a"], [f"{prefix}1"]], strings_to_formulas=False), table)
    assert (job["error_code"], stack.rows(table)) == (None, [(f"{prefix}1",)])


def test_a_sheet_is_named_by_member(stack: Stack) -> None:
    table = stack.table("a integer")
    data = books.by_openpyxl({"Jan": [["a"], [1]], "Fev": [["a"], [2]]})
    several = stack.run(data, table)
    assert (several["status"], several["error_code"]) == ("failed", "IJ309")
    assert several["error_params"]["names"] == "Jan, Fev"
    stack.sql("select public.retry_import_job(%s, %s)", several["id"], Jsonb({"member": "Fev"}))
    assert (stack.wait(several["id"])["status"], stack.rows(table)) == ("completed", [(2,)])
    unknown = stack.run(data, table, {"member": "Mar"})
    assert (unknown["status"], unknown["error_code"]) == ("failed", "IJ313")


REFUSED = {
    "a password": (books.compound("EncryptionInfo", "EncryptedPackage"), "IJ314"),
    "a password of OpenDocument": (books.ods(ODS_PEOPLE, encrypted=True), "IJ314"),
    "xls": (books.compound("Workbook"), "IJ315"),
    "xls of Excel 95": (books.compound("Book"), "IJ315"),
    "xlsb": (books.zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b"x"}), "IJ315"),
    "doc": (books.compound("WordDocument"), "IJ303"),
    "docx": (books.zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "IJ303"),
    "odt": (books.zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "IJ303"),
    "far corner": (
        books.by_hand(
            '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
            '<c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
        "IJ316",
    ),
    "damaged": (books.by_openpyxl({"S": [["a"], [1]]})[:-100], "IJ317"),
    "nothing": (books.by_openpyxl({"S": []}), "IJ301"),
    "a header alone": (books.by_openpyxl({"S": [["a"]]}), "IJ302"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_at_once(stack: Stack, name: str) -> None:
    data, code = REFUSED[name]
    job = stack.run(data, stack.table("a integer"))
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", code, 1)


def test_an_inspection_shows_the_sheet_or_the_choice(stack: Stack) -> None:
    table = stack.table("a integer, b numeric")
    stack.sql(f"grant select, insert on public.{table} to authenticated")

    def inspect(data: bytes, **options: Any) -> dict[str, Any]:
        job = stack.run_as(uuid4(), data, table, {"inspect": True, **options})
        assert (job["status"], job["error_code"]) == ("completed", None)
        return job["report"]["inspection"]

    rows = [["a", "b"], *([row, row / 2] for row in range(50))]
    several = books.by_openpyxl({"Jan": rows, "Fev": [["a"], [2]]})
    shown = inspect(several, locale="pt-BR")
    assert shown["dialect"]["member"] == {"value": "Jan", "how": "found", "alternatives": ["Fev"]}
    assert (shown["records"]["read"], shown["records"]["whole_file"], shown["records"]["estimated"]) == (50, True, 50)
    assert shown["rows"][1]["values"] == {"a": "1", "b": "0.5"}
    assert inspect(several, member="Fev")["dialect"]["member"] == {"value": "Fev", "how": "given"}
    only = inspect(books.by_openpyxl({"Jan": rows}))
    assert (only["dialect"]["member"], only["problems"]) == ({"value": "Jan", "how": "found"}, [])
    assert [problem["code"] for problem in inspect(books.compound("Workbook"))["problems"]] == ["IJ315"]
    large = inspect(books.by_openpyxl({"S": [["a", "b"], *([row, row] for row in range(60_000))]}))
    assert not large["records"]["whole_file"]
    assert 50_000 < large["records"]["estimated"] < 70_000


def test_a_target_that_skips_files_seen_before_knows_workbooks(stack: Stack) -> None:
    table = stack.table("a integer")
    stack.sql("update public.import_targets set on_duplicate_file = 'skip' where name = %s", table)
    data = books.by_openpyxl({"S": [["a"], [1]]})
    assert [stack.run(data, table)["rows_loaded"] for _ in range(2)] == [1, 0]
    assert stack.rows(table) == [(1,)]


@pytest.mark.nightly
def test_a_million_rows_beside_other_jobs(stack: Stack) -> None:
    """The workbook keeps a processor of the machine busy for half a minute; small jobs begin and end meanwhile."""
    table, other = stack.table("id integer, name text, amount numeric"), stack.table("a integer")
    rows = [["id", "name", "amount"], *([row, f"name {row}", row / 8] for row in range(1_000_000))]
    data = books.by_xlsxwriter(rows, constant_memory=True)
    large = stack.insert(stack.upload(data), table)
    ended = 0
    while stack.sql("select status from public.import_jobs where id = %s", large)[0]["status"] in (
        "pending",
        "running",
    ):
        assert stack.run(b"a\n1\n", other)["status"] == "completed"
        ended += 1
    job = stack.wait(large)
    assert (job["status"], job["error_code"], job["rows_loaded"]) == ("completed", None, 1_000_000)
    assert ended > 5
