"""What a dry run counts: rows that would be created, changed, left as they are, skipped and rejected."""

from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack

PRICES = "sku text primary key, price numeric check (price < 100), note jsonb, owner uuid"
FILE = b"""sku,price,note
a,1,"{""n"": 1}"
b,3,"{""n"": 2}"
c,4,
d,500,
a,1,"{""n"": 1}"
e,x,
"""
DRY = {"dry_run": True}


def prices(stack: Stack, **registered: object) -> str:
    """Create a target that users may write, with the rows a and b; return its name."""
    table = stack.table(PRICES, **registered)
    stack.sql(f"grant select, insert, update, delete on public.{table} to authenticated")
    stack.sql(f"insert into public.{table} values ('a', 1, '{{\"n\": 1}}'), ('b', 2, '{{\"n\": 2}}')")
    return table


def counts(job: dict[str, Any]) -> dict[str, Any]:
    """Return the counts of a dry run, which add up to the rows that were read."""
    assert (job["status"], job["error_code"]) == ("completed", None), job["error_message"]
    found = job["report"]["dry_run"]
    parts = [found[name] or 0 for name in ("created", "changed", "left", "skipped", "rejected")]
    assert sum(parts) == job["rows_read"]
    assert sum(parts[:3]) == job["rows_loaded"]
    return found


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("upsert", {"created": 1, "changed": 1, "left": 1, "removed": 0, "skipped": 1, "rejected": 2}),
        ("ignore", {"created": 1, "changed": 0, "left": 0, "removed": 0, "skipped": 3, "rejected": 2}),
    ],
)
def test_each_row_is_counted_once(stack: Stack, mode: str, expected: dict[str, int]) -> None:
    table = prices(stack, mode=mode, key_columns=["sku"])
    before = stack.rows(table)
    assert counts(stack.run(FILE, table, DRY)) == expected
    assert counts(stack.run_as(uuid4(), FILE, table, DRY)) == expected
    assert stack.rows(table) == before


def test_update_counts_rows_that_it_cannot_compare_as_changed(stack: Stack) -> None:
    table = prices(stack, mode="update")
    data = b"sku,price\na,1\nb,3\nz,1\n"
    found = counts(stack.run(data, table, DRY))  # the processor may not read what it updates
    assert (found["created"], found["changed"], found["left"], found["skipped"]) == (0, 2, None, 1)
    found = counts(stack.run_as(uuid4(), data, table, DRY))
    assert (found["created"], found["changed"], found["left"], found["skipped"]) == (0, 1, 1, 1)


def test_insert_counts_taken_keys_as_rejected(stack: Stack) -> None:
    table = prices(stack)
    found = counts(stack.run(b"sku,price\na,1\nz,1\n", table, DRY))
    assert (found["created"], found["rejected"]) == (1, 1)


def test_replace_counts_what_it_would_remove(stack: Stack) -> None:
    table = prices(stack, mode="replace")
    found = counts(stack.run(b"sku,price\nx,1\n", table, DRY))
    assert (found["created"], found["removed"]) == (1, 2)


def test_contents_of_rows_that_the_owner_cannot_see_do_not_show(stack: Stack) -> None:
    """The target writes with the processor's rights: only that a key is taken may show, not what the row contains."""
    table = prices(stack, mode="upsert", key_columns=["sku"], run_as="processor")
    stack.sql(f"alter table public.{table} enable row level security")
    user = uuid4()
    right = counts(stack.run_as(user, b"sku,price\na,1\n", table, DRY))
    wrong = counts(stack.run_as(user, b"sku,price\na,7\n", table, DRY))
    assert right == wrong
    assert (right["created"], right["changed"], right["left"]) == (0, 1, 0)
    stack.sql(f"create policy seen on public.{table} for select to authenticated using (true)")
    assert counts(stack.run_as(user, b"sku,price\na,1\n", table, DRY))["left"] == 1
    stack.sql(f"revoke select on public.{table} from authenticated")
    unknown = counts(stack.run_as(user, b"sku,price\na,1\n", table, DRY))
    assert (unknown["changed"], unknown["left"]) == (1, None)


def test_rows_of_other_owners_count_as_rejected(stack: Stack) -> None:
    table = prices(stack, mode="upsert", key_columns=["sku"], owner_column="owner", run_as="processor")
    stack.sql(f"update public.{table} set owner = gen_random_uuid()")
    found = counts(stack.run_as(uuid4(), b"sku,price\na,1\nz,1\n", table, DRY))
    assert (found["created"], found["changed"], found["left"], found["rejected"]) == (1, 0, 0, 1)


def test_an_import_has_no_such_counts(stack: Stack) -> None:
    table = prices(stack, mode="upsert", key_columns=["sku"])
    assert "dry_run" not in stack.run(b"sku,price\nz,1\n", table, {"atomic": True})["report"]
