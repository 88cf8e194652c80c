"""importer.policies_of_new_rows: what row security demands of rows, and whether that can be asked beforehand."""

from __future__ import annotations

import pytest

from tests.integration.queue_harness import Queue

TABLE = """
drop schema if exists app cascade;
create schema app;
grant usage on schema app to public;
create table app.t (id integer, of_user uuid);
create table app.members (of_user uuid);
create function app.always(n integer) returns boolean language sql immutable as 'select n > 0';
create function app.is_member() returns boolean language sql stable as 'select exists (select from app.members)';
"""
POLICY = "create policy {} on app.t as {} for {} to {} {}"


def answer(queue: Queue, *policies: str, reads: bool = False) -> tuple[str, bool]:
    """Return the condition and whether sets can evaluate it, for the role authenticated."""
    with queue.admin.transaction(force_rollback=True):
        queue.admin.execute(TABLE)
        for policy in policies:
            queue.admin.execute(policy)  # pyright: ignore[reportArgumentType]
        row = queue.admin.execute(
            "select * from importer.policies_of_new_rows('app.t', 'authenticated', %s)", [reads]
        ).fetchone()
    assert row
    return row


def permissive(check: str) -> str:
    """Return a policy for INSERT with this check."""
    return POLICY.format("p", "permissive", "insert", "authenticated", f"with check ({check})")


@pytest.mark.parametrize(
    ("check", "by_sets"),
    [
        ("id > 0", True),
        ("(select auth.uid()) = of_user", True),
        ("of_user = auth.uid() and id is distinct from 3", True),
        ("app.always(id)", True),
        ("app.is_member()", False),
        ("(select app.is_member())", False),
        ("exists (select from app.members)", False),
        ("exists (select from app.t)", False),
        ("random() < 0.5", False),
        ("id = (select count(*) from generate_series(1, 3))", False),
    ],
)
def test_what_is_the_same_whatever_was_written_before(queue: Queue, check: str, by_sets: bool) -> None:
    assert answer(queue, permissive(check))[1] == by_sets


def test_without_a_policy_nothing_is_allowed(queue: Queue) -> None:
    condition, by_sets = answer(queue)
    assert (condition.strip("()"), by_sets) == ("false", True)


def test_policies_are_joined_as_postgres_does(queue: Queue) -> None:
    policies = (
        POLICY.format("a", "permissive", "all", "public", "using (id = 1)"),
        POLICY.format("b", "permissive", "insert", "authenticated", "with check (id = 2)"),
        POLICY.format("c", "restrictive", "insert", "authenticated", "with check (id <> 9)"),
        POLICY.format("d", "permissive", "insert", "anon", "with check (id = 4)"),
        POLICY.format("e", "permissive", "update", "authenticated", "using (id = 5)"),
    )
    condition, by_sets = answer(queue, *policies)
    alternatives, _, last = condition.rpartition(" and ")
    assert sorted(text.strip("() ") for text in alternatives.split(" or ")) == ["id = 1", "id = 2"]
    assert last.strip("()") == "id <> 9"
    assert by_sets


def test_rows_that_are_looked_for_by_their_keys_have_to_be_visible(queue: Queue) -> None:
    policies = (
        POLICY.format("a", "permissive", "insert", "authenticated", "with check (id = 1)"),
        POLICY.format("b", "permissive", "select", "authenticated", "using (id = 2)"),
        POLICY.format("c", "restrictive", "select", "authenticated", "using (id <> 3)"),
    )
    assert without_brackets(answer(queue, *policies)) == "id = 1"
    assert without_brackets(answer(queue, *policies, reads=True)) == "id = 1 and id = 2 and id <> 3"
    assert without_brackets(answer(queue, policies[0], reads=True)) == "id = 1 and false"


def without_brackets(given: tuple[str, bool]) -> str:
    """Return the condition of an answer."""
    return given[0].replace("(", "").replace(")", "")
