"""Tables whose rows belong to users, for tests in which a user tries to reach the rows of another."""

from __future__ import annotations

from tests.acceptance.conftest import Stack

OWN_ROWS = """
alter table public.{0} enable row level security;
create policy "own rows" on public.{0} for all to authenticated
using ({1}) with check ({1});
grant select, insert, update, delete on public.{0} to authenticated;
"""
BELONGS_TO_USER = "user_id = (select auth.uid())"


def table(stack: Stack, columns: str, condition: str = BELONGS_TO_USER, **registered: object) -> str:
    """Create a target in which users may read and write the rows that fulfil the condition; return its name."""
    name = stack.table(columns, **registered)
    stack.sql(OWN_ROWS.format(name, condition))
    return name
