"""Whose rights decide which rows a table refuses: parents and keys as Postgres sees them, checks as the writer does."""

from __future__ import annotations

from uuid import uuid4

from tests.acceptance.conftest import Stack

AS_WRITER = """
create function public.seen_by_{0}(n integer) returns boolean language plpgsql immutable as $$
begin
  return current_user = 'authenticated' or n > 0;
end $$;
alter table public.{0} add constraint by_writer check (public.seen_by_{0}(n));
"""


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
