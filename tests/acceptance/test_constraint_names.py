"""The message of a rejection by a constraint names the constraint and does not quote the value."""

from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack

FILE = b"""id,amount,parent,span
1,10,1,"[1,5)"
1,10,1,"[6,7)"
2,-10,1,"[8,9)"
3,10,99,"[10,11)"
4,10,1,"[2,3)"
5,10,1,"[20,30)"
"""


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=["plain", "atomic"])
def test_rejection_names_its_constraint(stack: Stack, options: dict[str, object]) -> None:
    parent = stack.table("id integer primary key")
    stack.sql(f"insert into public.{parent} values (1)")
    table = stack.table(
        f"id integer constraint {parent}_one_each unique, amount integer constraint positive check (amount > 0), "
        f"parent integer constraint known references public.{parent}, "
        f"span int4range, constraint {parent}_apart exclude using gist (span with &&)"
    )
    job = stack.run(FILE, table, options)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 2, 4)
    rejections = stack.sql(
        "select line_number, code, message from public.import_job_errors where job_id = %s order by line_number",
        job["id"],
    )
    assert [(row["line_number"], row["code"], row["message"].split('"')[1]) for row in rejections] == [
        (3, "IJ410", f"{parent}_one_each"),
        (4, "IJ412", "positive"),
        (5, "IJ411", "known"),
        (6, "IJ413", f"{parent}_apart"),
    ]
    errors = stack.download(job["errors_path"]).decode()
    assert all(name in errors for name in (f"{parent}_one_each", "positive", "known", f"{parent}_apart"))


GENERATED = """a integer, b integer, q integer generated always as (a / b) stored,
  s varchar(3) generated always as (a::text || 'x') stored, m smallint generated always as (a * b) stored,
  n integer not null generated always as (nullif(b, 5)) stored"""


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=["plain", "atomic"])
def test_rejection_names_the_generated_column_that_fails(stack: Stack, options: dict[str, object]) -> None:
    table = stack.table(GENERATED)
    job = stack.run(b"a,b\n1,0\n123,1\n1,5\n99,999\n7,2\n", table, options)
    assert job["rows_loaded"] == 1
    rejected = stack.sql(
        "select column_name, code, message from public.import_job_errors where job_id = %s order by record_number",
        job["id"],
    )
    assert [(row["column_name"], row["code"]) for row in rejected] == [
        ("q", "IJ403"),
        ("s", "IJ406"),
        ("n", "IJ404"),
        ("m", "IJ405"),
    ]
    assert [row["message"].partition(": ")[2] for row in rejected] == [
        'generated column "q"',
        'generated column "s"',
        "",
        'generated column "m"',
    ]


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=["plain", "atomic"])
def test_rejection_says_that_a_partition_is_missing(stack: Stack, options: dict[str, object]) -> None:
    table = f"t_{uuid4().hex[:12]}"
    stack.sql(f"create table public.{table} (day date, n integer check (n > 0)) partition by range (day)")
    year = "for values from ('2024-01-01') to ('2025-01-01')"
    stack.sql(f"create table public.{table}_2024 partition of public.{table} {year}")
    stack.register(table)
    job = stack.run(b"day,n\n2024-05-01,1\n2023-05-01,2\n2024-06-01,-1\n", table, options)
    rejected = stack.sql(
        "select line_number, code, message, error_params from public.import_job_errors where job_id = %s order by 1",
        job["id"],
    )
    assert [(row["line_number"], row["code"]) for row in rejected] == [(3, "IJ412"), (4, "IJ412")]
    assert rejected[0]["message"] == f'no partition of the table takes the row: "{table}"'
    assert (rejected[0]["error_params"], rejected[1]["error_params"]) == (
        {"table": table},
        {"constraint": f"{table}_n_check"},
    )
