"""The artifacts of a job: errors.csv, the normalised file and the report. A dry run writes no rows."""

import csv
import io

import httpx
import pytest

from tests.acceptance.conftest import Stack
from tests.waiting import until


def test_errors_csv_has_the_rejected_records_with_their_reasons(stack: Stack) -> None:
    table = stack.table("id integer primary key, name text")
    job = stack.run(b'id,name\n1,Ana\nx,"B, b"\n1,Caio\n2\n', table)
    assert job["errors_path"].startswith(job["object_path"].rsplit("/", 1)[0])
    rows = list(csv.reader(io.StringIO(stack.download(job["errors_path"]).decode())))
    assert rows[0] == ["import_line", "import_column", "import_code", "import_message", "id", "name"]
    assert [row[:3] + row[4:] for row in rows[1:]] == [
        ["3", "id", "IJ403", "x", "B, b"],
        ["4", "", "IJ410", "1", "Caio"],
        ["5", "", "IJ401", "2"],
    ]


def test_corrected_errors_csv_imports_exactly_what_was_missing(stack: Stack) -> None:
    table = stack.table("id integer primary key, note text")
    job = stack.run("id;note\n1;ok\nx;=1+1\ny;@ção\nz;-5\n".encode("cp1252"), table, {"encoding": "cp1252"})
    assert (job["rows_loaded"], job["rows_rejected"]) == (1, 3)
    text = stack.download(job["errors_path"]).decode("cp1252")
    assert "'=1+1" in text
    assert "'@ção" in text
    for wrong, right in (("x;", "2;"), ("y;", "3;"), ("z;", "4;")):
        text = text.replace(wrong, right)
    again = stack.run(text.encode("cp1252"), table, {"encoding": "cp1252"})
    assert (again["status"], again["rows_loaded"]) == ("completed", 3)
    rows = stack.sql(f"select * from public.{table} order by id")
    assert [row["note"] for row in rows] == ["ok", "=1+1", "@ção", "-5"]


def test_long_record_is_whole_in_errors_csv_and_cut_in_the_table(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    job = stack.run(b"id,t\n1,x\ny," + b"z" * 20_000 + b"\n", table)
    assert b"z" * 20_000 in stack.download(job["errors_path"])
    assert stack.sql("select length(raw) from public.import_job_errors where job_id = %s", job["id"]) == [
        {"length": 8192}
    ]


def test_long_record_is_cut_at_bytes_and_not_within_a_character(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    text = "é漢😀" * 2000
    job = stack.run(f"id,t\ny,{text}\n".encode(), table)
    (row,) = stack.sql("select raw from public.import_job_errors where job_id = %s", job["id"])
    assert row["raw"] == f"y,{text}".encode()[:8192].decode(errors="ignore")
    assert text in stack.download(job["errors_path"]).decode()


def test_errors_csv_of_utf16_can_be_imported_again(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    job = stack.run("id,t\n1,ç\nx,ã\n".encode("utf-16"), table)
    assert (job["status"], job["rows_rejected"]) == ("completed", 1)
    fixed = stack.download(job["errors_path"]).decode("utf-16").replace("x,ã", "2,ã")
    again = stack.run(fixed.encode("utf-16"), table)
    assert (again["status"], again["rows_loaded"]) == ("completed", 1)


def test_rows_rejected_at_the_end_of_an_atomic_job_are_in_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text")
    stack.sql(f"insert into public.{table} values (2, '')")
    job = stack.run(b"id,t\n1,a\n2,b\n", table, {"atomic": True})
    assert (job["rows_loaded"], job["rows_rejected"]) == (1, 1)
    assert stack.download(job["errors_path"]).decode().splitlines()[1].endswith(",2,b")


def test_dry_run_that_would_load_no_row_fails_and_lists_its_rejections(stack: Stack) -> None:
    parent = stack.table("id integer primary key")
    table = stack.table(f"parent integer references public.{parent}")
    job = stack.run(b"parent\n1\n2\n", table, {"dry_run": True})
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ421", 2)
    assert stack.rejections(job) == [(2, None, "IJ411"), (3, None, "IJ411")]


def test_failed_job_has_its_errors_csv_and_report(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b"id\nx\ny\n", table)
    assert job["error_code"] == "IJ421"
    assert job["report"]["rejected_by_code"] == {"IJ403": 2}
    assert stack.download(job["errors_path"]).count(b"\n") == 3


def test_report_has_figures_of_each_column(stack: Stack) -> None:
    table = stack.table("id integer, email text, n numeric")
    lines = "".join(f"{i},{f'p{i % 7}@example.com' if i % 2 else ''},{i - 50}\n" for i in range(100))
    report = stack.run(f"id,email,n\n{lines}".encode(), table)["report"]
    email, n = report["columns"]["email"], report["columns"]["n"]
    assert (email["nulls"], email["filled"], email["valid"], email["distinct"]) == (50, 0.5, 1.0, 7)
    assert (n["min"], n["max"]) == ("-50", "49")
    assert email["length"] == {"min": 14, "max": 14, "mean": 14.0}
    assert sum(top["count"] for top in email["top"]) <= 50
    assert report["pct_with_email"] == 50.0


def test_report_says_how_each_header_was_matched(stack: Stack) -> None:
    table = stack.table("id integer, birth_date date, phone text, note text")
    stack.sql(
        "update public.import_targets set columns = jsonb_set(columns, '{phone}', '{\"aliases\": [\"Celular\"]}') "
        "where name = %s",
        table,
    )
    job = stack.run(
        b"id,Birth Date,celular,Bemerkung,x\n1,2026-01-02,5,n,\n", table, {"mapping": {"Bemerkung": "note"}}
    )
    assert [(header["header"], header["column"], header["how"]) for header in job["report"]["headers"]] == [
        ("id", "id", "exact"),
        ("Birth Date", "birth_date", "folded"),
        ("celular", "phone", "alias"),
        ("Bemerkung", "note", "mapping"),
    ]
    assert job["report"]["ignored_headers"] == ["x"]
    job = stack.run(b"1,2026-01-02,5,n\n", table, {"has_header": False})
    assert {header["how"] for header in job["report"]["headers"]} == {"position"}


def test_output_is_the_normalised_file(stack: Stack) -> None:
    table = stack.table("nome text, valor numeric(12,2)")
    job = stack.run("Nome;Valor\nJoão;1.234,5\nX;abc\n".encode("cp1252"), table, {"locale": "pt-BR", "output": True})
    assert job["status"] == "completed"
    assert stack.download(job["output_path"]).decode() == "nome,valor\nJoão,1234.5\n"


def test_dry_run_checks_every_row_and_writes_none(stack: Stack) -> None:
    table = stack.table("id integer primary key")
    stack.sql(f"insert into public.{table} values (7)")
    job = stack.run(b"id\n1\nx\n7\n1\n", table, {"dry_run": True})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 3)
    assert stack.rejections(job) == [(3, "id", "IJ403"), (4, None, "IJ410"), (5, None, "IJ410")]
    assert stack.sql(f"select id from public.{table}") == [{"id": 7}]


def test_source_is_deleted_only_after_success(stack: Stack) -> None:
    table = stack.table("id integer")
    bad = stack.run(b"id\nx\n", table, {"delete_source": True})
    assert stack.download(bad["object_path"])
    good = stack.run(b"id\n1\n", table, {"delete_source": True})
    deleted_at = "select source_deleted_at from public.import_jobs where id = %s"
    until(lambda: stack.sql(deleted_at, good["id"])[0]["source_deleted_at"], "the deletion of the source")
    with pytest.raises(httpx.HTTPStatusError) as caught:
        stack.download(good["object_path"])
    assert caught.value.response.json()["statusCode"] == "404"
