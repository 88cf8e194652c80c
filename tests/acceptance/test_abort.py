"""`on_error = 'abort'`: nothing of the file stays, and IJ420 names the first bad row, whoever rejects it."""

from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import table as tenants_table

ABORT = {"on_error": "abort"}


def assert_aborted(stack: Stack, job: dict[str, Any], table: str, line: int, code: str, rows: int = 0) -> None:
    """Check that a job has ended at a line, and that the table has the rows that it had before."""
    assert (job["status"], job["error_code"], job["rows_loaded"]) == ("failed", "IJ420", 0)
    assert (job["error_params"]["line"], job["error_params"]["cause"]) == (line, code)
    assert job["error_message"].startswith(f"line {line:,} was rejected by {code}")
    assert stack.rejections(job)[0][::2] == (line, code)
    assert stack.sql(f"select count(*) from public.{table}") == [{"count": rows}]


CONSTRAINED = "id integer primary key, n integer not null check (n <> 3), d date"
FIRST_BAD = {
    "a value": (b"1,1,\n2,2,x\n3,3,\n1,4,\n", 3, "IJ403"),
    "a check before a value": (b"1,1,\n2,3,\n3,2,x\n", 3, "IJ412"),
    "a key before a value": (b"1,1,\n1,2,\n3,2,x\n4,3,\n", 3, "IJ410"),
    "a key in the table": (b"1,1,\n99,2,\n4,3,\n", 3, "IJ410"),
    "a null": (b"1,1,\n2,,\n3,,x\n", 3, "IJ404"),
    "the last row": (b"1,1,\n2,2,\n3,1\n", 4, "IJ401"),
    "the only row": (b"x,1,\n", 2, "IJ403"),
}


@pytest.mark.parametrize(("rows", "line", "code"), FIRST_BAD.values(), ids=FIRST_BAD)
def test_abort_names_the_first_bad_row_and_keeps_nothing(stack: Stack, rows: bytes, line: int, code: str) -> None:
    table = stack.table(CONSTRAINED)
    stack.sql(f"insert into public.{table} values (99, 1)")
    job = stack.run(b"id,n,d\n" + rows, table, {**ABORT, "max_errors": 100})
    assert_aborted(stack, job, table, line, code, rows=1)


@pytest.mark.parametrize("bad", [(50_000, 10_000, 55_000), (2, 59_000)], ids=str)
@pytest.mark.parametrize("options", [{}, {"dry_run": True}], ids=str)
def test_abort_names_the_first_bad_row_of_several_chunks(
    stack: Stack, bad: tuple[int, ...], options: dict[str, bool]
) -> None:
    table = stack.table("id integer primary key, t text")
    filler = "y" * 60
    rows = "".join(f"{'x' if n in bad else n},{filler}\n" for n in range(2, 60_000))
    job = stack.run(f"id,t\n{rows}".encode(), table, {**ABORT, **options})
    assert_aborted(stack, job, table, min(bad), "IJ403")
    assert job["rows_rejected"] == 1


def test_a_row_that_only_the_target_rejects_comes_before_a_bad_value_in_a_later_chunk(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text check (t <> 'z')")
    filler = "y" * 60
    rows = "".join(f"{'x' if n == 50_000 else n},{'z' if n == 30_000 else filler}\n" for n in range(2, 60_000))
    job = stack.run(f"id,t\n{rows}".encode(), table, ABORT)
    assert_aborted(stack, job, table, 30_000, "IJ412")


@pytest.mark.parametrize("mode", ["upsert", "ignore", "update", "replace"])
def test_abort_leaves_existing_rows_as_they_were(stack: Stack, mode: str) -> None:
    keys: dict[str, object] = {} if mode == "replace" else {"key_columns": ["id"]}
    table = stack.table("id integer primary key, t text check (t <> 'bad')", mode=mode, **keys)
    stack.sql(f"insert into public.{table} values (1, 'old'), (2, 'old')")
    job = stack.run(b"id,t\n1,new\n2,bad\n3,new\nx,new\n", table, ABORT)
    assert_aborted(stack, job, table, 3, "IJ412", rows=2)
    assert stack.rows(table) == [(1, "old"), (2, "old")]
    assert stack.run(b"id,t\n1,new\n2,new\n", table, ABORT)["status"] == "completed"
    assert (1, "old" if mode == "ignore" else "new") in stack.rows(table)


@pytest.mark.parametrize(
    ("rows", "line", "code"),
    [
        (b"1,a\n2,b\n1,c\n3,bad\n", 4, "IJ417"),
        (b"1,bad\n2,b\n2,c\n", 2, "IJ412"),
        (b"1,a\n9,b\n1,c\n3,bad\n", 3, "IJ604"),
    ],
)
def test_abort_names_the_first_of_rows_that_are_rejected_for_different_reasons(
    stack: Stack, rows: bytes, line: int, code: str
) -> None:
    user, other = uuid4(), uuid4()
    columns = "id integer primary key, t text check (t <> 'bad'), owner uuid"
    settings = {"mode": "upsert", "key_columns": ["id"], "owner_column": "owner", "run_as": "processor"}
    table = stack.table(columns, **settings)
    stack.sql("update public.import_targets set on_duplicate_key = 'error' where name = %s", table)
    stack.sql(f"insert into public.{table} values (9, 'theirs', %s)", other)
    job = stack.run_as(user, b"id,t\n" + rows, table, ABORT)
    assert_aborted(stack, job, table, line, code, rows=1)


def test_abort_as_the_uploader_names_the_row_that_row_security_refuses(stack: Stack) -> None:
    user = uuid4()
    table = tenants_table(stack, "id integer, t text", "t <> 'no'")
    job = stack.run_as(user, b"id,t\n1,a\n2,no\nx,b\n", table, ABORT)
    assert_aborted(stack, job, table, 3, "IJ604")
    assert stack.run_as(user, b"id,t\n1,a\n2,b\n", table, ABORT)["rows_loaded"] == 2


def test_abort_can_be_a_default_of_the_target(stack: Stack) -> None:
    table = stack.table(CONSTRAINED)
    stack.sql('update public.import_targets set options = \'{"on_error": "abort"}\' where name = %s', table)
    assert_aborted(stack, stack.run(b"id,n,d\n1,1,\n2,3,\n", table), table, 3, "IJ412")
    job = stack.run(b"id,n,d\n1,1,\n2,3,\n", table, {"on_error": "skip"})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 1)


def test_abort_without_a_bad_row_loads_the_whole_file(stack: Stack) -> None:
    table = stack.table("id integer primary key, parent integer")
    stack.sql(f"alter table public.{table} add foreign key (parent) references public.{table}")
    job = stack.run(b"id,parent\n2,1\n1,\n3,2\n", table, ABORT)
    assert (job["status"], job["rows_loaded"], stack.rows(table, "id")) == ("completed", 3, [(1,), (2,), (3,)])


@pytest.mark.parametrize(("again", "loaded"), [({"on_error": "skip"}, 3), ({}, None)], ids=str)
def test_a_retry_starts_from_the_beginning(stack: Stack, again: dict[str, str], loaded: int | None) -> None:
    table = stack.table(CONSTRAINED)
    job = stack.run(b"id,n,d\n1,1,\n2,3,\n3,1,x\n4,1,\n5,1,\n", table, ABORT)
    assert_aborted(stack, job, table, 3, "IJ412")
    stack.sql("select from public.retry_import_job(%s, %s::jsonb)", job["id"], str(again).replace("'", '"'))
    job = stack.wait(job["id"])
    if loaded is None:
        assert_aborted(stack, job, table, 3, "IJ412")
        return
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", loaded, 2)
    assert [row[0] for row in stack.rows(table, "id")] == [1, 4, 5]
