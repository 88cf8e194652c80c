"""The modes of a target: the rows of the table after a job, and the counts of the job."""

from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.logs import logged_endings
from tests.waiting import until

PRICES = "sku text primary key, price numeric, note text"
EXISTING_ROWS = "insert into public.{} values ('a', 1, 'old'), ('b', 2, 'old')"


def counts(job: dict[str, Any]) -> tuple[str, int, int, int]:
    """Return the status and the numbers of loaded, rejected and skipped rows."""
    return job["status"], job["rows_loaded"], job["rows_rejected"], job["rows_skipped"]


def prices(stack: Stack, **registered: object) -> str:
    """Create a target that has two rows; return its name."""
    name = stack.table(PRICES, **registered)
    stack.sql(EXISTING_ROWS.format(name))
    return name


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_upsert_inserts_new_rows_and_updates_existing_ones(stack: Stack, options: dict[str, Any]) -> None:
    name = prices(stack, mode="upsert")
    job = stack.run(b"sku,price\nb,20\nc,30\n", name, options)
    assert counts(job) == ("completed", 2, 0, 0)
    assert stack.rows(name) == [("a", 1, "old"), ("b", 20, "old"), ("c", 30, None)]


def test_upsert_updates_only_the_update_columns(stack: Stack) -> None:
    name = prices(stack, mode="upsert", update_columns=["price"])
    job = stack.run(b"sku,price,note\nb,20,new\nc,30,new\n", name)
    assert counts(job) == ("completed", 2, 0, 0)
    assert stack.rows(name) == [("a", 1, "old"), ("b", 20, "old"), ("c", 30, "new")]


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_last_row_of_a_key_wins(stack: Stack, options: dict[str, Any]) -> None:
    name = prices(stack, mode="upsert")
    job = stack.run(b"sku,price\nb,20\nc,30\nb,21\nb,22\n", name, options)
    assert counts(job) == ("completed", 2, 0, 2)
    assert stack.rows(name, "sku, price") == [("a", 1), ("b", 22), ("c", 30)]
    assert job["report"]["skipped_by_mode"] == 2


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
@pytest.mark.parametrize("mode", ["upsert", "ignore", "update"])
def test_repeated_key_is_rejected_where_the_target_says_so(stack: Stack, mode: str, options: dict[str, Any]) -> None:
    name = prices(stack, mode=mode, key_columns=["sku"])
    stack.sql("update public.import_targets set on_duplicate_key = 'error' where name = %s", name)
    job = stack.run(b"sku,price\nb,20\na,30\nb,21\nb,22\n", name, options)
    assert job["status"] == "completed"
    assert stack.rejections(job) == [(4, None, "IJ417"), (5, None, "IJ417")]
    assert dict(stack.rows(name, "sku, price"))["b"] == (2 if mode == "ignore" else 20)


def test_repeated_key_is_rejected_across_chunks(stack: Stack) -> None:
    name = stack.table("id bigint primary key, filler text", mode="upsert")
    stack.sql("update public.import_targets set on_duplicate_key = 'error' where name = %s", name)
    lines = [b"%d,%s\n" % (n % 9_000, b"x" * 100) for n in range(9_100)]  # 1 MB: more than the first two chunks
    job = stack.run(b"id,filler\n" + b"".join(lines), name)
    assert counts(job) == ("completed", 9_000, 100, 0)
    assert {code for _, _, code in stack.rejections(job)} == {"IJ417"}


def test_null_keys_are_not_duplicates(stack: Stack) -> None:
    name = stack.table("sku text unique, price numeric", mode="upsert", key_columns=["sku"])
    job = stack.run(b"sku,price\n,1\n,2\na,3\na,4\n", name)
    assert counts(job) == ("completed", 3, 0, 1)
    assert stack.rows(name, "price, sku") == [(1, None), (2, None), (4, "a")]


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_ignore_skips_rows_whose_key_exists(stack: Stack, options: dict[str, Any]) -> None:
    name = prices(stack, mode="ignore", key_columns=["sku"])
    job = stack.run(b"sku,price\nb,20\nc,30\nc,31\n", name, options)
    assert counts(job) == ("completed", 1, 0, 2)
    assert stack.rows(name, "sku, price") == [("a", 1), ("b", 2), ("c", 30)]


def test_ignore_completes_when_every_key_exists(stack: Stack) -> None:
    name = prices(stack, mode="ignore")
    job = stack.run(b"sku,price\nb,20\na,30\n", name)
    assert counts(job) == ("completed", 0, 0, 2)


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_update_changes_existing_rows_and_skips_others(stack: Stack, options: dict[str, Any]) -> None:
    name = prices(stack, mode="update")
    stack.sql(f"alter table public.{name} alter note set not null")
    job = stack.run(b"sku,price\nb,20\nc,30\n", name, options)
    assert counts(job) == ("completed", 1, 0, 1)
    assert stack.rows(name) == [("a", 1, "old"), ("b", 20, "old")]


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=str)
@pytest.mark.parametrize(
    "key",
    ["id bigint generated always as identity primary key", "id text generated always as ('n' || n) stored unique"],
    ids=["identity", "stored"],
)
def test_update_finds_rows_by_a_key_that_is_always_generated(stack: Stack, key: str, options: dict[str, Any]) -> None:
    table = f"t_{uuid4().hex[:12]}"
    stack.sql(f"create table public.{table} ({key}, n integer, t text)")
    stack.register(table, mode="update", key_columns=["id"])
    stack.sql(f"insert into public.{table} (n, t) values (1, 'a'), (2, 'b'), (3, 'c')")
    first, second, _ = (row[0] for row in stack.rows(table, "id"))
    job = stack.run(f"id,t\n{second},x\n,y\n{first},z\n99,w\n".encode(), table, options)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rows(table, "n, t") == [(1, "z"), (2, "x"), (3, "c")]


def test_replace_exchanges_the_whole_table_for_an_administrator(stack: Stack) -> None:
    name = prices(stack, mode="replace")
    job = stack.run(b"sku,price\nb,20\nc,30\n", name)
    assert counts(job) == ("completed", 2, 0, 0)
    assert stack.rows(name) == [("b", 20, None), ("c", 30, None)]


def test_failed_replace_leaves_the_table_unchanged(stack: Stack) -> None:
    name = prices(stack, mode="replace")
    job = stack.run(b"sku,price\nb,x\nc,30\n", name, {"max_errors": 0})
    assert (job["status"], job["error_code"]) == ("failed", "IJ420")
    assert stack.rows(name, "sku, price") == [("a", 1), ("b", 2)]


def test_replace_can_be_undone(stack: Stack) -> None:
    name = prices(stack, mode="replace")
    job = stack.run(b"sku,price\nb,20\nc,30\n", name)
    stack.sql("select importer.undo_import_job(%s)", job["id"])
    assert stack.rows(name) == [("a", 1, "old"), ("b", 2, "old")]


def test_insert_with_provenance_can_be_undone(stack: Stack) -> None:
    name = stack.table("id integer primary key, import_job_id uuid", provenance_column="import_job_id")
    stack.sql(f"insert into public.{name} values (1, null)")
    job = stack.run(b"id,import_job_id\n2,00000000-0000-4000-8000-000000000001\n3,\n", name)
    assert stack.rows(name) == [(1, None), (2, job["id"]), (3, job["id"])]
    stack.sql("select importer.undo_import_job(%s)", job["id"])
    assert stack.rows(name) == [(1, None)]


@pytest.mark.parametrize("mode", ["upsert", "ignore", "update", "replace"])
def test_dry_run_writes_nothing_and_has_the_same_counts(stack: Stack, mode: str) -> None:
    name = prices(stack, mode=mode, key_columns=["sku"])
    job = stack.run(b"sku,price\nb,20\nc,30\n", name, {"dry_run": True})
    skipped = 1 if mode in ("ignore", "update") else 0
    assert counts(job) == ("completed", 2 - skipped, 0, skipped)
    assert stack.rows(name) == [("a", 1, "old"), ("b", 2, "old")]


@pytest.mark.parametrize("mode", ["upsert", "ignore", "update"])
def test_only_rows_that_violate_a_constraint_are_rejected(stack: Stack, mode: str) -> None:
    name = stack.table("id integer primary key, n integer check (n > 0)", mode=mode, key_columns=["id"])
    stack.sql(f"insert into public.{name} select g, 1 from generate_series(1, 50) as g")
    lines = [b"%d,%d\n" % (n, 0 if n in (7, 30, 31) else 5) for n in range(1, 101)]
    job = stack.run(b"id,n\n" + b"".join(lines), name)
    expected = {"upsert": (97, 3, 0), "ignore": (50, 3, 47), "update": (47, 3, 50)}[mode]
    assert counts(job) == ("completed", *expected)
    assert stack.rejections(job) == [(8, None, "IJ412"), (31, None, "IJ412"), (32, None, "IJ412")]


def test_file_without_the_key_column_fails_the_job(stack: Stack) -> None:
    job = stack.run(b"price\n1\n", prices(stack, mode="upsert"))
    assert (job["status"], job["error_code"]) == ("failed", "IJ307")


def test_default_of_a_column_fills_empty_and_missing_fields(stack: Stack) -> None:
    name = stack.table("id integer primary key, country text not null, plan text not null")
    settings = '{"id": {}, "country": {"default": "BR"}, "plan": {"default": "free"}}'
    stack.sql("update public.import_targets set columns = %s where name = %s", settings, name)
    job = stack.run(b"id,country\n1,PT\n2,\n", name)
    assert counts(job) == ("completed", 2, 0, 0)
    assert stack.rows(name) == [(1, "PT", "free"), (2, "BR", "free")]


def test_required_column_must_be_present_and_filled(stack: Stack) -> None:
    name = stack.table("id integer primary key, email text")
    stack.sql(
        "update public.import_targets set columns = %s where name = %s", '{"id": {}, "email": {"required": true}}', name
    )
    missing = stack.run(b"id\n1\n", name)
    assert (missing["status"], missing["error_code"]) == ("failed", "IJ307")
    job = stack.run(b"id,email\n1,a@b.example\n2,\n", name)
    assert stack.rejections(job) == [(3, "email", "IJ404")]


CLEANING = """
insert into public.import_targets (name, mode, columns) values (%s, 'none', '{
  "name": {"normalise": "text"}, "email": {"normalise": "email", "required": true}, "amount": {"type": "numeric(6,2)"},
  "tags": {"type": "integer[]"}
}')
"""


def test_mode_none_cleans_a_file_without_a_table(stack: Stack) -> None:
    stack.sql(CLEANING, "cleaning")
    data = (
        "name,email,amount,tags,other\n Ana   Souza ,Ana@EXAMPLE.com,1.5,{1},x\nBo,nobody,2,{2},y\nCy,c@d.example,x,\n"
    )
    job = stack.run((data + "Di,d@e.example,3,{x},z\n").encode(), "cleaning")
    assert counts(job) == ("completed", 1, 3, 0)
    assert [code for _, _, code in stack.rejections(job)] == ["IJ415", "IJ401", "IJ403"]
    output = stack.download(job["output_path"]).decode()
    assert output == "name,email,amount,tags\nAna Souza,Ana@example.com,1.5,{1}\n"
    assert job["report"]["columns"]["email"]["valid"] == 0.5


def test_same_file_again_completes_as_a_duplicate(stack: Stack) -> None:
    name = stack.table("id integer")
    stack.sql("update public.import_targets set on_duplicate_file = 'skip' where name = %s", name)
    first = stack.run(b"id\n1\n2\n", name)
    second = stack.run(b"id\n1\n2\n", name)
    assert counts(second) == ("completed", 0, 0, 0)
    assert second["duplicate_of"] == first["id"]
    assert counts(stack.run(b"id\n1\n2\n", name, {"force": True})) == ("completed", 2, 0, 0)
    assert counts(stack.run(b"id\n1\n3\n", name)) == ("completed", 2, 0, 0)


def test_skipped_duplicate_is_not_logged_as_completed(stack: Stack) -> None:
    name = stack.table("id integer")
    stack.sql("update public.import_targets set on_duplicate_file = 'skip' where name = %s", name)
    first, second = stack.run(b"id\n1\n", name), stack.run(b"id\n1\n", name)
    assert second["duplicate_of"] == first["id"]
    # The worker logs the end of an attempt after the row of the job says it.
    until(lambda: logged_endings(stack, second["id"]), "a log record of the second job's end")
    assert logged_endings(stack, second["id"]) == ["job_skipped"]
    assert logged_endings(stack, first["id"]) == ["job_completed"]


def test_same_file_again_fails_where_the_target_says_so(stack: Stack) -> None:
    name = stack.table("id integer")
    stack.sql("update public.import_targets set on_duplicate_file = 'reject' where name = %s", name)
    assert counts(stack.run(b"id\n1\n", name)) == ("completed", 1, 0, 0)
    again = stack.run(b"id\n1\n", name)
    assert (again["status"], again["error_code"]) == ("failed", "IJ111")
