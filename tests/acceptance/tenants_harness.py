"""Tables whose rows belong to users, for the tests in which somebody reaches for another's."""

from __future__ import annotations

from tests.acceptance.conftest import Stack

OWN_ROWS = """
alter table public.{0} enable row level security;
create policy "own rows" on public.{0} for all to authenticated
using ({1}) with check ({1});
grant select, insert, update, delete on public.{0} to authenticated;
"""
MINE = "user_id = (select auth.uid())"


def table(stack: Stack, columns: str, condition: str = MINE, **registered: object) -> str:
    """Make a target of which users may write the rows that fulfil the condition."""
    name = stack.table(columns, **registered)
    stack.sql(OWN_ROWS.format(name, condition))
    return name
