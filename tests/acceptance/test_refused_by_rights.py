"""Whose rights decide which rows a table refuses: parents and keys as Postgres sees them, checks as the writer does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack

AS_WRITER = """
create function public.seen_by_{0}(n integer) returns boolean language plpgsql immutable as $$
begin
  return current_user = 'authenticated' or n > 0;
end $$;
alter table public.{0} add constraint by_writer check (public.seen_by_{0}(n));
"""


MODES = {
    "upsert": ({"mode": "upsert", "key_columns": ["n"]}, {}),
    "ignore": ({"mode": "ignore", "key_columns": ["n"]}, {}),
    "update": ({"mode": "update", "key_columns": ["n"]}, {}),
    "all or nothing": ({}, {"atomic": True}),
}


def written_by_users(stack: Stack, columns: str) -> str:
    """Create a target that users may insert into and not read; return its name."""
    name = stack.table(columns)
    stack.sql(f"grant insert on public.{name} to authenticated")
    return name


def test_a_parent_that_the_user_may_not_see_is_a_parent(stack: Stack) -> None:
    parent = stack.table("id integer primary key")
    stack.sql(f"insert into public.{parent} values (1)")
    stack.sql(f"alter table public.{parent} enable row level security")
    name = written_by_users(stack, f"n integer, parent integer references public.{parent}")
    job = stack.run_as(uuid4(), b"n,parent\n1,1\n2,9\n3,1\n4,\n", name)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 3, 1)
    assert stack.rejections(job) == [(3, None, "IJ411")]


def test_a_key_that_the_user_may_not_see_is_taken(stack: Stack) -> None:
    name = written_by_users(stack, "n integer primary key, word text")
    stack.sql(f"insert into public.{name} values (2, 'theirs')")
    job = stack.run_as(uuid4(), b"n,word\n1,a\n2,b\n3,c\n3,d\n", name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rejections(job) == [(3, None, "IJ410"), (5, None, "IJ410")]
    assert stack.rows(name, "n, word") == [(1, "a"), (2, "theirs"), (3, "c")]


def test_a_check_is_evaluated_as_the_role_that_writes(stack: Stack) -> None:
    name = written_by_users(stack, "n integer primary key")
    stack.sql(AS_WRITER.format(name))
    file = b"n\n1\n1\n-2\n-3\n"
    job = stack.run_as(uuid4(), file, name)
    assert stack.rejections(job) == [(3, None, "IJ410")]
    stack.sql(f"delete from public.{name}")
    job = stack.run(file, name)
    assert stack.rejections(job) == [(3, None, "IJ410"), (4, None, "IJ412"), (5, None, "IJ412")]


def target_of_users(stack: Stack, columns: str, settings: dict[str, Any]) -> str:
    """Create a target with rows 1 to 4 in modes that meet rows, which users may write and read; return its name."""
    name = stack.table(columns, **settings)
    stack.sql(f"grant select, insert, update on public.{name} to authenticated")
    if settings:
        stack.sql(f"insert into public.{name} (n) select generate_series(1, 4)")
    return name


@pytest.mark.parametrize("mode", MODES)
def test_a_hidden_parent_is_a_parent_in_every_mode(stack: Stack, mode: str) -> None:
    settings, options = MODES[mode]
    parent = stack.table("id integer primary key")
    stack.sql(f"insert into public.{parent} values (1)")
    stack.sql(f"alter table public.{parent} enable row level security")
    name = target_of_users(stack, f"n integer primary key, parent integer references public.{parent}", settings)
    job = stack.run_as(uuid4(), b"n,parent\n1,1\n2,9\n3,1\n4,\n7,9\n8,1\n", name, options)
    refused = {"upsert": [3, 6], "ignore": [6], "update": [3], "all or nothing": [3, 6]}[mode]
    assert stack.rejections(job) == [(line, None, "IJ411") for line in refused]
    assert (job["status"], job["rows_loaded"] + job["rows_skipped"]) == ("completed", 6 - len(refused))


@pytest.mark.parametrize("mode", MODES)
def test_a_check_is_evaluated_as_the_writer_in_every_mode(stack: Stack, mode: str) -> None:
    settings, options = MODES[mode]
    name = target_of_users(stack, "n integer primary key, m integer, v integer check (v <> 5)", settings)
    stack.sql(AS_WRITER.format(name).replace("(n))", "(m))"))
    file = b"n,m,v\n1,-1,1\n2,1,5\n3,-1,2\n"
    assert stack.rejections(stack.run_as(uuid4(), file, name, options)) == [(3, None, "IJ412")]
    if not settings:
        stack.sql(f"delete from public.{name}")
    assert stack.rejections(stack.run(file, name, options)) == [(line, None, "IJ412") for line in (2, 3, 4)]


def test_row_security_decides_before_checks_and_keys(stack: Stack) -> None:
    name = written_by_users(stack, "n integer primary key check (n <> 3), of_user uuid, word text")
    stack.sql(f"alter table public.{name} enable row level security")
    stack.sql(
        f"create policy own on public.{name} to authenticated with check ((select auth.uid()) = of_user and n <> 4)"
    )
    user, other = uuid4(), uuid4()
    rows = [(1, user), (2, other), (3, other), (3, user), (4, user), (1, user), (5, ""), (6, user)]
    file = "".join(["n,of_user,word\n", *(f"{n},{of_user},x\n" for n, of_user in rows)])
    job = stack.run_as(user, file.encode(), name)
    assert stack.rejections(job) == [
        (3, None, "IJ604"),
        (4, None, "IJ604"),
        (5, None, "IJ412"),
        (6, None, "IJ604"),
        (7, None, "IJ410"),
        (8, None, "IJ604"),
    ]
    assert stack.rows(name, "n") == [(1,), (6,)]


def test_a_policy_that_looks_at_rows_sees_the_earlier_ones_of_the_file(stack: Stack) -> None:
    name = written_by_users(stack, "n integer primary key, after integer")
    stack.sql(f"alter table public.{name} enable row level security; grant select on public.{name} to authenticated")
    stack.sql(
        f"create policy seeing on public.{name} for select to authenticated using (true);"
        f"create policy chained on public.{name} for insert to authenticated"
        f" with check (after is null or exists (select from public.{name} as e where e.n = {name}.after))"
    )
    job = stack.run_as(uuid4(), b"n,after\n1,\n2,1\n3,2\n4,9\n5,4\n6,3\n", name)
    assert stack.rejections(job) == [(5, None, "IJ604"), (6, None, "IJ604")]


def test_rows_of_other_owners_are_theirs_before_parents_are_looked_for(stack: Stack) -> None:
    """The upsert leaves a row of another owner alone, so that its foreign key is not tested."""
    parent = stack.table("id integer primary key")
    stack.sql(f"insert into public.{parent} values (1)")
    columns = f"n integer primary key, parent integer references public.{parent}, of_user uuid"
    name = stack.table(columns, mode="upsert", key_columns=["n"], owner_column="of_user")
    stack.sql(f"grant select, insert, update on public.{name} to authenticated")
    user, other = uuid4(), uuid4()
    stack.sql(f"insert into public.{name} values (1, 1, %s), (2, 1, %s)", user, other)
    job = stack.run_as(user, b"n,parent\n1,9\n2,9\n3,9\n2,1\n4,1\n", name)
    assert stack.rejections(job) == [(2, None, "IJ411"), (4, None, "IJ411"), (5, None, "IJ604")]
    assert stack.rows(name, "n, of_user") == [(1, user), (2, other), (4, user)]


def test_an_update_leaves_rows_of_other_owners_alone(stack: Stack) -> None:
    columns = "n integer primary key, v integer check (v > 0), of_user uuid"
    name = stack.table(columns, mode="update", key_columns=["n"], owner_column="of_user")
    stack.sql(f"grant select, update on public.{name} to authenticated")
    user, other = uuid4(), uuid4()
    stack.sql(f"insert into public.{name} values (1, 1, %s), (2, 1, %s), (3, 1, %s)", user, other, user)
    job = stack.run_as(user, b"n,v\n1,0\n2,0\n3,7\n9,0\n", name)
    assert stack.rejections(job) == [(2, None, "IJ412")]
    assert (job["rows_loaded"], job["rows_skipped"]) == (1, 2)
    assert stack.rows(name, "n, v") == [(1, 1), (2, 1), (3, 7)]
