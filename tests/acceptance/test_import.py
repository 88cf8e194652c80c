"""Import small files and check the loaded rows, the rejections and the row of the job."""

import csv
import io
from decimal import Decimal

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.files import quoted_rows

PEOPLE = "id bigint primary key, name text not null, email text, born date, balance numeric(12,2), active boolean"


def test_rows_arrive_as_they_were_written(stack: Stack) -> None:
    table = stack.table(PEOPLE)
    job = stack.run(
        b'id,name,email,born,balance,active\n1,"Ana, Maria",ana@example.com,1990-02-28,1234.56,true\n'
        b'2,"line\nbreak ""quoted""",,,-0.01,f\n3,"",,,,\n',
        table,
    )
    assert (job["status"], job["rows_loaded"], job["error_code"]) == ("completed", 3, None)
    rows = stack.sql(f"select * from public.{table} order by id")
    assert rows[0]["name"] == "Ana, Maria"
    assert rows[0]["balance"] == Decimal("1234.56")
    assert rows[1]["name"] == 'line\nbreak "quoted"'
    assert (rows[1]["email"], rows[1]["active"], rows[2]["name"]) == (None, False, "")


def test_job_row_has_progress_dialect_preview_and_times(stack: Stack) -> None:
    table = stack.table(PEOPLE)
    data = b"id,name\n1,Ana\n2,Bia\n"
    job = stack.run(data, table)
    assert job["progress"] == 100
    assert job["bytes_total"] == job["bytes_read"] == len(data)
    assert job["chunks_done"] == job["total_chunks"] == 1
    assert job["dialect"]["delimiter"] == ","
    assert job["preview"][0] == {"id": "1", "name": "Ana"}
    assert len(job["file_sha256"]) == 64
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert job["phase"] is None


def test_byte_order_mark_and_crlf_are_read(stack: Stack) -> None:
    table = stack.table("nome text, cidade text")
    job = stack.run("\ufeffNome,CIDADE\r\nJoão,Belém\r\n".encode(), table)
    assert job["status"] == "completed"
    assert stack.sql(f"select * from public.{table}") == [{"nome": "João", "cidade": "Belém"}]


def test_invalid_rows_are_rejected_with_line_column_and_code(stack: Stack) -> None:
    table = stack.table(PEOPLE)
    job = stack.run(
        b"id,name,email,born,balance,active\n"
        b"1,Ana,,,,\n"
        b"2,Bia\n"
        b"3,Caio,,,,,extra\n"
        b"x,Davi,,,,\n"
        b'5,"two\nlines",,1990-02-31,,\n'
        b"6,,,,,\n"
        b"99999999999999999999,Eva,,,,\n"
        b"7,Gil,,,99999999999.99,\n"
        b"8,Hugo,,,,perhaps\n",
        table,
    )
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 8)
    assert stack.rejections(job) == [
        (3, None, "IJ401"),
        (4, None, "IJ402"),
        (5, "id", "IJ403"),
        (6, "born", "IJ405"),
        (8, "name", "IJ404"),
        (9, "id", "IJ405"),
        (10, "balance", "IJ405"),
        (11, "active", "IJ403"),
    ]


def test_null_values_become_nulls(stack: Stack) -> None:
    table = stack.table("a integer, b text")
    job = stack.run(b"a,b\nNA,NA\n1,-\n", table, {"null_values": ["NA", "-"]})
    assert job["status"] == "completed"
    assert stack.sql(f"select * from public.{table} order by a nulls first") == [
        {"a": None, "b": None},
        {"a": 1, "b": None},
    ]


def test_generated_and_identity_columns_are_never_written(stack: Stack) -> None:
    table = stack.table(
        "id bigint generated always as identity, a integer, twice integer generated always as (a * 2) stored"
    )
    job = stack.run(b"id,a,twice\n77,1,99\n", table)
    assert job["status"] == "completed"
    assert stack.sql(f"select * from public.{table}") == [{"id": 1, "a": 1, "twice": 2}]
    assert job["report"]["ignored_headers"] == ["id", "twice"]


def test_values_of_other_types_are_cast_by_postgres(stack: Stack) -> None:
    table = stack.table("id integer, j jsonb, r int4range, ip inet, tags text[]")
    rows = [
        ["1", '{"a": [1, 2]}', "[1,5)", "10.0.0.1/8", '{x,"y z"}'],
        ["2", "{broken", "[1,5)", "10.0.0.1", "{}"],
        ["3", "null", "[9,1)", "::1", "{}"],
        ["4", "[]", "empty", "not an ip", "{}"],
        ["5", "[]", "empty", "::1", "{unclosed"],
        ["6", "[]", "empty", "::1", "{}"],
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["id", "j", "r", "ip", "tags"], *rows])
    job = stack.run(text.getvalue().encode(), table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rejections(job) == [(3, "j", "IJ403"), (4, "r", "IJ403"), (5, "ip", "IJ403"), (6, "tags", "IJ403")]


def test_enum_and_domain_values_are_checked(stack: Stack) -> None:
    stack.sql("create type public.mood as enum ('glad', 'sad')")
    stack.sql("create domain public.percent as integer check (value between 0 and 100)")
    table = stack.table("m public.mood, p public.percent")
    job = stack.run(b"m,p\nglad,100\nGLAD,1\nsad,101\n", table)
    assert (job["rows_loaded"], stack.rejections(job)) == (1, [(3, "m", "IJ403"), (4, "p", "IJ412")])


def test_constraints_reject_the_row_and_load_the_rest(stack: Stack) -> None:
    parent = stack.table("id integer primary key")
    stack.sql(f"insert into public.{parent} values (1)")
    table = stack.table(f"id integer primary key, parent integer references public.{parent}, n integer check (n > 0)")
    job = stack.run(b"id,parent,n\n1,1,1\n1,1,1\n2,9,1\n3,1,0\n4,1,1\n", table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rejections(job) == [(3, None, "IJ410"), (4, None, "IJ411"), (5, None, "IJ412")]


def test_one_column_file_keeps_nulls_and_backslash_dots(stack: Stack) -> None:
    table = stack.table("a text")
    job = stack.run(b'a\nx\n\\.\n""\n"\xc3\xa7"\n', table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 4)
    assert [row["a"] for row in stack.sql(f'select a from public.{table} order by a collate "C"')] == [
        "",
        "\\.",
        "x",
        "ç",
    ]


def test_blank_lines_are_skipped_and_counted(stack: Stack) -> None:
    table = stack.table("a integer, b integer")
    job = stack.run(b"a,b\n1,2\n\n3,4\n\r\n", table)
    assert (job["rows_read"], job["rows_loaded"], job["rows_skipped"]) == (4, 2, 2)


def test_options_of_the_job_override_those_of_the_target(stack: Stack) -> None:
    table = stack.table("a text")
    stack.sql('update public.import_targets set options = \'{"null_values": ["NA"]}\' where name = %s', table)
    assert stack.run(b"a,b\nNA,\nx,\n", table)["report"]["columns"]["a"]["nulls"] == 1
    assert stack.run(b"a,b\nNA,\nx,\n", table, {"null_values": []})["report"]["columns"]["a"]["nulls"] == 0


@pytest.mark.parametrize("target", ["{table}", "public.{table}"])
def test_target_can_be_given_by_its_name_or_its_table(stack: Stack, target: str) -> None:
    table = stack.table("a text")
    assert stack.run(b"a\nx\n", target.format(table=table))["status"] == "completed"


def test_several_chunks_add_up(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text")
    job = stack.run(quoted_rows(40_000), table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 40_000)
    assert job["chunks_done"] > 2
    (row,) = stack.sql(f"select count(*), sum(id) as ids, count(distinct t) as texts from public.{table}")
    assert (row["count"], row["ids"], row["texts"]) == (40_000, 40_000 * 39_999 // 2, 1)
