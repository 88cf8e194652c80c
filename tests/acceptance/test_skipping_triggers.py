"""Rows that a trigger of the table leaves out (`return null`) are not loaded: they count as skipped."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack, cli
from tests.acceptance.tenants_harness import table

TRIGGER = """
create function public.{0}_odd() returns trigger language plpgsql as $body$
begin
  if new.n % 2 = 0 then
    return null;
  end if;
  return new;
end
$body$;
create trigger odd before insert on public.{1} for each row execute function public.{0}_odd();
"""
PARTITION = "create table public.{0}_part partition of public.{0} for values from (0) to (1000);"
FILE = b"n\n" + b"".join(b"%d\n" % n for n in range(1, 11))
WITH_REJECTION = FILE + b"x\n"


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=str)
@pytest.mark.parametrize("mode", ["insert", "replace", "upsert", "ignore"])
def test_rows_that_a_trigger_leaves_out_are_skipped(stack: Stack, mode: str, options: dict[str, object]) -> None:
    name = stack.table("n integer primary key", mode=mode)
    stack.sql(TRIGGER.format(name, name))
    job = stack.run(WITH_REJECTION, name, options)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"], job["rows_skipped"]) == ("completed", 5, 1, 5)
    assert len(stack.rows(name, "n")) == (0 if options.get("dry_run") else 5)
    by_trigger, by_mode = (5, 0) if mode in ("insert", "replace") else (0, 5)
    assert (job["report"]["skipped_by_trigger"], job["report"]["skipped_by_mode"]) == (by_trigger, by_mode)


def test_rows_that_a_partitions_trigger_leaves_out_are_skipped(stack: Stack) -> None:
    name = f"t_{uuid4().hex[:12]}"
    stack.sql(f"create table public.{name} (n integer) partition by range (n);" + PARTITION.format(name))
    stack.sql(TRIGGER.format(name, f"{name}_part"))
    stack.sql("select importer.register_target(%s)", f"public.{name}")
    job = stack.run(FILE, name)
    assert (job["status"], job["rows_loaded"], job["rows_skipped"]) == ("completed", 5, 5)


def test_rows_of_the_uploader_that_a_trigger_leaves_out_are_skipped(stack: Stack) -> None:
    name = table(stack, "n integer, user_id uuid default auth.uid()", owner_column="user_id")
    stack.sql(TRIGGER.format(name, name))
    job = stack.run_as(uuid4(), FILE, name)
    assert (job["status"], job["rows_loaded"], job["rows_skipped"]) == ("completed", 5, 5)


def test_rows_beside_one_that_the_table_rejects_are_counted(stack: Stack) -> None:
    name = stack.table("n integer check (n <> 5)")
    stack.sql(TRIGGER.format(name, name))
    job = stack.run(FILE, name)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"], job["rows_skipped"]) == ("completed", 4, 1, 5)
    shown = cli("job", str(job["id"]), env=stack.env)
    assert "5 rows skipped, because a trigger of the table left them out" in shown.stdout
