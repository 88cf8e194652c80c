"""Columns that accept no nulls and that a trigger fills before the row is written: the table decides row by row."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack

# Fills the slug from the name, but not for the name X.
FUNCTION = """
create function public.{0}_slug() returns trigger language plpgsql as $body$
begin
  if new.slug is null and new.name <> 'X' then
    new.slug := lower(new.name);
  end if;
  return new;
end
$body$;
create trigger slug before {1} on public.{2} for each row execute function public.{0}_slug();
"""
COLUMNS = "name text primary key, slug text not null"
EMPTY = b"name,slug\nAnn,\nX,\nBob,b\n"
MISSING = b"name\nAnn\nX\nBob\n"


def with_trigger(stack: Stack, mode: str, event: str = "insert or update") -> str:
    table = stack.table(COLUMNS, mode=mode)
    stack.sql(FUNCTION.format(table, event, table))
    return table


@pytest.mark.parametrize(
    ("file", "mode", "options"),
    [
        (EMPTY, "insert", {}),
        (MISSING, "insert", {}),
        (EMPTY, "upsert", {}),
        (MISSING, "ignore", {}),
        (EMPTY, "replace", {}),
        (MISSING, "insert", {"atomic": True}),
    ],
)
def test_column_that_a_trigger_fills_may_be_empty_or_missing(
    stack: Stack, file: bytes, mode: str, options: dict[str, object]
) -> None:
    table = with_trigger(stack, mode)
    job = stack.run(file, table, options)
    assert (job["status"], stack.rejections(job)) == ("completed", [(3, "slug", "IJ404")])
    assert stack.rows(table) == [("Ann", "ann"), ("Bob", "b" if file == EMPTY else "bob")]


def test_trigger_may_fill_what_an_update_empties(stack: Stack) -> None:
    table = with_trigger(stack, "update", "update")
    stack.sql(f"insert into public.{table} values ('Ann', 'a'), ('X', 'x')")
    job = stack.run(b"name,slug\nAnn,\nX,\n", table)
    assert (stack.rejections(job), stack.rows(table)) == ([(3, "slug", "IJ404")], [("Ann", "ann"), ("X", "x")])


def test_trigger_of_a_partition_fills_its_rows(stack: Stack) -> None:
    table = f"t_{uuid4().hex[:12]}"
    stack.sql(f"create table public.{table} (name text, slug text not null) partition by list (name)")
    for part, name in (("a", "Ann"), ("b", "Bob")):
        stack.sql(f"create table public.{table}_{part} partition of public.{table} for values in ('{name}')")
    stack.sql(FUNCTION.format(table, "insert", f"{table}_a"))
    stack.register(table)
    job = stack.run(b"name,slug\nAnn,\nBob,\n", table)
    assert (stack.rejections(job), stack.rows(table)) == ([(3, "slug", "IJ404")], [("Ann", "ann")])


def test_uploaders_rows_are_filled_too(stack: Stack) -> None:
    table = with_trigger(stack, "insert")
    stack.sql(f"alter table public.{table} enable row level security")
    stack.sql(f"create policy all_rows on public.{table} to authenticated with check (slug is distinct from 'bob')")
    stack.sql(f"grant insert on public.{table} to authenticated")
    job = stack.run_as(uuid4(), b"name,slug\nAnn,\nX,\nBob,\n", table)
    assert stack.rejections(job) == [(3, "slug", "IJ404"), (4, None, "IJ604")]
    assert stack.rows(table) == [("Ann", "ann")]


@pytest.mark.parametrize(
    ("when", "disabled"),
    [("after insert", False), ("before update", False), ("before insert", True)],
    ids=["after", "other statement", "disabled"],
)
def test_other_triggers_fill_nothing(stack: Stack, when: str, disabled: bool) -> None:
    table = stack.table(COLUMNS)
    stack.sql(FUNCTION.format(table, "insert", table).replace("before insert", when))
    if disabled:
        stack.sql(f"alter table public.{table} disable trigger slug")
    assert stack.run(b"name\nAnn\n", table)["error_code"] == "IJ307"
    job = stack.run(b"name,slug\nAnn,\nBob,b\n", table)
    assert (stack.rejections(job), job["rows_loaded"]) == ([(2, "slug", "IJ404")], 1)


def test_setting_requires_a_column_that_a_trigger_would_fill(stack: Stack) -> None:
    table = with_trigger(stack, "insert")
    stack.sql(
        'update public.import_targets set columns = columns || \'{"slug": {"required": true}}\' where name = %s', table
    )
    assert stack.run(b"name\nAnn\n", table)["error_code"] == "IJ307"


def test_domain_that_accepts_no_nulls_refuses_them_before_any_trigger(stack: Stack) -> None:
    domain = f"d_{uuid4().hex[:12]}"
    stack.sql(f"create domain public.{domain} as text not null")
    table = stack.table(f"name text, slug public.{domain}")
    stack.sql(FUNCTION.format(table, "insert", table))
    job = stack.run(b"name,slug\nAnn,\nBob,b\n", table)
    assert (stack.rejections(job), stack.rows(table)) == ([(2, "slug", "IJ404")], [("Bob", "b")])
