"""Rows that refer to rows of the same table may come before them in the file, whatever else is wrong in it."""

import gzip
from random import Random
from typing import Any

import pytest

from tests.acceptance.conftest import Stack

TREE = "id integer primary key, parent integer references public.{0} {1}"


def tree(stack: Stack, more: str = "", deferrable: str = "", **settings: object) -> str:
    """Create a table whose rows refer to rows of the same table; return its name."""
    table = stack.table(f"id integer primary key, parent integer{more}", **settings)
    stack.sql(
        f"alter table public.{table} add constraint tree foreign key (parent) references public.{table} {deferrable}"
    )
    return table


def csv(rows: list[tuple[object, ...]], header: str = "id,parent") -> bytes:
    lines = (",".join("" if value is None else str(value) for value in row) for row in rows)
    return f"{header}\n".encode() + "".join(f"{line}\n" for line in lines).encode()


def assert_loaded(stack: Stack, job: dict[str, Any], table: str, ids: list[int], rejected: list[int]) -> None:
    """Check that a job has loaded rows with these ids, and rejected those of these lines for their parents."""
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", len(ids), len(rejected))
    assert [row[0] for row in stack.rows(table, "id")] == sorted(ids)
    assert stack.rejections(job) == [(line, None, "IJ411") for line in rejected]
    assert stack.sql("select * from importer.waiting_records where job_id = %s", job["id"]) == []


@pytest.mark.parametrize("deferrable", ["", "deferrable", "deferrable initially deferred"])
@pytest.mark.parametrize("mode", ["insert", "ignore"])
def test_a_bad_row_does_not_reject_a_child_whose_parent_comes_later(stack: Stack, mode: str, deferrable: str) -> None:
    table = tree(stack, "", deferrable, mode=mode)
    job = stack.run(b"id,parent\n2,1\n1,\n3,9\n", table)
    assert_loaded(stack, job, table, [1, 2], [4])


def test_many_children_before_their_parents_are_loaded_beside_rows_without_parents(stack: Stack) -> None:
    table = tree(stack, ", t text")
    filler = "y" * 60
    rows = [(n, 200_000 + n % 5_000, filler) for n in range(20_000)]
    rows += [(200_000 + n, None, filler) for n in range(5_000)]
    rows[100] = (100, 7_000_000, filler)
    rows[19_000] = (19_000, 100, filler)
    job = stack.run(csv(rows, "id,parent,t"), table)
    orphans = {100, 19_000}
    assert_loaded(stack, job, table, [row[0] for row in rows if row[0] not in orphans], [102, 19_002])


@pytest.mark.parametrize("compressed", [False, True])
def test_long_chains_in_any_order_are_loaded(stack: Stack, compressed: bool) -> None:
    table = tree(stack, ", t text")
    shuffled = list(range(1, 5_001))
    Random(1).shuffle(shuffled)  # noqa: S311 - no secret
    rows = [(n, n - 1 or None, "y" * 80) for n in (*range(15_000, 5_000, -1), *shuffled)] + [(99_999, 99_998, "")]
    data = csv(rows, "id,parent,t")
    job = stack.run(gzip.compress(data) if compressed else data, table)
    assert_loaded(stack, job, table, list(range(1, 15_001)), [15_002])


@pytest.mark.parametrize("checks", [False, True], ids=["parents", "parents and checks"])
def test_of_shuffled_rows_those_are_rejected_that_a_missing_one_cuts_off(stack: Stack, checks: bool) -> None:
    random = Random(5)  # noqa: S311 - no secret
    table = tree(stack, ", boss integer, n integer check (n > 0), t text")
    stack.sql(f"alter table public.{table} add foreign key (boss) references public.{table}")
    rows = [(n, random.randrange(n), random.choice([0, 0, random.randrange(n)])) for n in range(1, 6_001)]
    lines = [
        (
            n,
            99_999 if random.random() < 0.01 else up or None,
            boss or None,
            0 if checks and n % 97 == 0 else 1,
            "y" * 90,
        )
        for n, up, boss in rows
    ]
    random.shuffle(lines)
    alive, before = {line[0] for line in lines if line[3]}, -1
    while before != (before := len(alive)):
        alive = {line[0] for line in lines if line[0] in alive and {line[1], line[2]} <= {None, *alive}}
    job = stack.run(csv(lines, "id,parent,boss,n,t"), table, {"max_errors": "100%"})
    assert (job["status"], [row[0] for row in stack.rows(table, "id")]) == ("completed", sorted(alive))
    assert stack.rejections(job) == [
        (place, None, "IJ411" if line[3] else "IJ412") for place, line in enumerate(lines, 2) if line[0] not in alive
    ]


def test_rows_that_refer_to_each_other_or_themselves_are_loaded(stack: Stack) -> None:
    table = tree(stack)
    job = stack.run(b"id,parent\n1,2\n2,3\n3,1\n4,4\n5,1\n6,7\n8,6\n9,10\n10,9\n", table)
    assert_loaded(stack, job, table, [1, 2, 3, 4, 5, 9, 10], [7, 8])


def test_what_else_is_wrong_with_a_waiting_row_rejects_it(stack: Stack) -> None:
    table = tree(stack, ", n integer check (n > 0)")
    stack.sql(f"insert into public.{table} values (50, null, 1)")
    job = stack.run(b"id,parent,n\n2,1,1\n3,1,0\n4,3,1\n5,x,1\n50,1,1\n1,,1\n6,99,1\n2,1,1\n", table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert stack.rejections(job) == [
        (2, None, "IJ410"),  # while it waited, the last row was loaded
        (3, None, "IJ412"),
        (4, None, "IJ411"),
        (5, "parent", "IJ403"),
        (6, None, "IJ410"),
        (8, None, "IJ411"),
    ]
    assert stack.rows(table, "id") == [(1,), (2,), (50,)]


@pytest.mark.parametrize("limit", [1, 3])
def test_max_errors_counts_rows_that_are_left_and_a_retry_goes_on(stack: Stack, limit: int) -> None:
    table = tree(stack)
    job = stack.run(b"id,parent\n3,91\n2,1\n4,92\n1,\n5,93\n6,94\n7,95\n", table, {"max_errors": limit})
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ420", limit + 1)
    assert (job["rows_loaded"], stack.rows(table, "id")) == (2, [(1,), (2,)])
    assert [line for line, *_ in stack.rejections(job)] == [2, 4, 6, 7][: limit + 1]
    stack.sql("select from public.retry_import_job(%s, '{\"max_errors\": 5}')", job["id"])
    job = stack.wait(job["id"])
    assert_loaded(stack, job, table, [1, 2], [2, 4, 6, 7, 8])


def test_waiting_rows_do_not_count_against_max_errors(stack: Stack) -> None:
    table = tree(stack)
    rows = [(n, n + 1) for n in range(1, 500)] + [(500, None), (501, 600), (502, 600)]
    job = stack.run(csv(rows), table, {"max_errors": 2})
    assert_loaded(stack, job, table, list(range(1, 501)), [502, 503])


def test_rows_before_a_fault_of_the_file_do_not_wait_any_longer(stack: Stack) -> None:
    table = tree(stack)
    job = stack.run(b'id,parent\n2,1\n3,9\n1,\n4,"1\n', table)
    assert (job["error_code"], job["rows_loaded"], job["rows_rejected"]) == ("IJ305", 2, 1)
    assert stack.rows(table, "id") == [(1,), (2,)]


def test_the_normalised_file_has_the_rows_that_waited(stack: Stack) -> None:
    table = tree(stack)
    job = stack.run(b"id,parent\n2,1\n1,\n3,9\n", table, {"output": True})
    assert_loaded(stack, job, table, [1, 2], [4])
    assert sorted(stack.download(job["output_path"]).splitlines()[1:]) == [b"1,", b"2,1"]


def test_composite_and_several_references_and_partitions(stack: Stack) -> None:
    table = stack.table("a integer, b integer, up integer, boss integer, primary key (a, b), unique (a, up)")
    stack.sql(f"alter table public.{table} add foreign key (a, up) references public.{table}")
    job = stack.run(b"a,b,up\n1,2,1\n1,1,\n1,3,9\n2,2,1\n", table)
    assert (job["rows_loaded"], stack.rejections(job)) == (2, [(4, None, "IJ411"), (5, None, "IJ411")])
    table = stack.table("id integer primary key, up integer, boss integer")
    for column in ("up", "boss"):
        stack.sql(f"alter table public.{table} add foreign key ({column}) references public.{table}")
    job = stack.run(b"id,up,boss\n1,3,2\n2,,3\n3,,\n4,3,9\n5,4,3\n", table)
    assert_loaded(stack, job, table, [1, 2, 3], [5, 6])


@pytest.mark.parametrize("options", [{"atomic": True}, {"dry_run": True}], ids=str)
def test_children_come_before_parents_in_a_file_that_is_staged(stack: Stack, options: dict[str, bool]) -> None:
    table = tree(stack, ", n integer check (n > 0)")
    chain = [(n, n + 1, 1) for n in range(100, 2_000)] + [(2_000, None, 1)]
    rows = [(2, 1, 1), (3, 9, 1), (1, None, 1), (4, 3, 1), (5, 1, 0), (6, 5, 1), (7, 8, 1), (8, 7, 1), *chain]
    job = stack.run(csv(rows, "id,parent,n"), table, options)
    assert (job["status"], job["rows_rejected"]) == ("completed", 4)
    assert stack.rejections(job) == [(3, None, "IJ411"), (5, None, "IJ411"), (6, None, "IJ412"), (7, None, "IJ411")]
    loaded = [] if "dry_run" in options else [1, 2, 7, 8, *range(100, 2_001)]
    assert [row[0] for row in stack.rows(table, "id")] == loaded


def test_abort_names_a_child_without_parent_only_if_nothing_else_is_wrong_before_it(stack: Stack) -> None:
    table = tree(stack)
    job = stack.run(b"id,parent\n2,1\nx,1\n1,\n", table, {"on_error": "abort"})
    assert (job["error_code"], job["error_params"]["line"], job["error_params"]["cause"]) == ("IJ420", 3, "IJ403")
    job = stack.run(b"id,parent\n2,1\n3,9\n1,\n", table, {"on_error": "abort"})
    assert (job["error_code"], job["error_params"]["line"], job["error_params"]["cause"]) == ("IJ420", 3, "IJ411")
    assert stack.rows(table) == []
