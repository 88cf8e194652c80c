"""What a row alone causes rejects that row, whatever its SQLSTATE; what no single row causes ends the job."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from tests.acceptance.conftest import Stack

MODES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "insert": ({}, {}),
    "upsert": ({"mode": "upsert", "key_columns": ["id"]}, {}),
    "atomic": ({}, {"atomic": True}),
    "dry_run": ({}, {"dry_run": True}),
}
LETTERS = "".join(random.Random(1).choices(string.ascii_letters, k=8000))  # noqa: S311 - letters, not a secret
# Type, a valid value, one that its input function refuses, and the SQLSTATE.
CELLS = {
    "array": ("integer[]", "{1}", "{" * 8 + "1" + "}" * 8, "54000"),
    "tsvector": ("tsvector", "a", "x" * 3000, "54000"),
    "tsquery": ("tsquery", "a", "x" * 3000, "54000"),
    "regclass": ("regclass", "pg_class", "nosuch_table", "42P01"),
    "regclass_schema": ("regclass", "pg_class", "nosuch_schema.nosuch_table", "42P01"),
    "regtype": ("regtype", "text", "nosuch_type", "42704"),
    "regtype_syntax": ("regtype", "text", "no such (", "42601"),
    "regproc": ("regproc", "now", "nosuch_function", "42883"),
    "regnamespace": ("regnamespace", "public", "nosuch_schema", "3F000"),
    "regrole": ("regrole", "postgres", "nosuch_role", "42704"),
    "jsonpath": ("jsonpath", "$.a", "$.a[", "42601"),
}
STATES = ["42501", "XX000", "42P01", "42703", "42883", "25006", "0A000", "54001", "P0002", "AB123"]
RAISING = """
create function public.raise_{0}() returns trigger language plpgsql as $$
begin
  if {2} then raise exception 'no' using errcode = '{1}'; end if;
  return new;
end $$;
create trigger raising before insert or update on public.{0} for each {3} execute function public.raise_{0}()
"""


def one_rejected(stack: Stack, data: str, table: str, options: dict[str, Any], state: str) -> None:
    """Run a job of 40 rows of which one is rejected with this SQLSTATE in its message."""
    job = stack.run(data.encode(), table, options)
    (rejection,) = stack.sql("select * from public.import_job_errors where job_id = %s", job["id"])
    counts = (job["status"], job["rows_read"], job["rows_rejected"], job["rows_loaded"] + job["rows_skipped"])
    assert counts == ("completed", 40, 1, 39)
    assert rejection["record_number"] == 23
    assert f"SQLSTATE {state}" in rejection["message"]


@pytest.mark.parametrize("kind", CELLS)
def test_one_cell_that_its_type_refuses(stack: Stack, kind: str) -> None:
    type_name, valid, invalid, state = CELLS[kind]
    if kind == "regclass_schema" and stack.sql("show server_version_num")[0]["server_version_num"] < "160000":
        state = "3F000"  # before version 16, the schema is what does not exist
    table = stack.table(f"id bigint primary key, value {type_name}")
    rows = "".join(f'{number},"{invalid if number == 23 else valid}"\n' for number in range(1, 41))
    one_rejected(stack, "id,value\n" + rows, table, {}, state)


@pytest.mark.parametrize("mode", MODES)
def test_one_cell_that_an_index_refuses(stack: Stack, mode: str) -> None:
    settings, options = MODES[mode]
    table = stack.table("id bigint primary key, value text unique", **settings)
    rows = "".join(f"{number},{LETTERS if number == 23 else number}\n" for number in range(1, 41))
    one_rejected(stack, "id,value\n" + rows, table, options, "54000")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("state", STATES)
def test_one_row_for_which_a_trigger_raises(stack: Stack, state: str, mode: str) -> None:
    settings, options = MODES[mode]
    table = stack.table("id bigint primary key, value text", **settings)
    stack.sql(RAISING.format(table, state, "new.id = 23", "row"))
    one_rejected(stack, "id,value\n" + "".join(f"{number},x\n" for number in range(1, 41)), table, options, state)


@pytest.mark.parametrize(("state", "code"), [("42501", "IJ603"), ("XX000", "IJ504"), ("42P01", "IJ503")])
@pytest.mark.parametrize("mode", ["insert", "upsert", "atomic"])
def test_what_fails_without_rows_ends_the_job(stack: Stack, state: str, code: str, mode: str) -> None:
    settings, options = MODES[mode]
    table = stack.table("id bigint primary key, value text", **settings)
    stack.sql(RAISING.format(table, state, "true", "statement"))
    job = stack.run(b"id,value\n1,a\n2,b\n", table, options)
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", code, 0)
