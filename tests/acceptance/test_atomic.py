"""All-or-nothing jobs: no reader sees a row before the job ends, and a job that fails leaves no row."""

from typing import Any

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.files import quoted_rows
from tests.waiting import until


def staging_tables(stack: Stack, job: dict[str, Any]) -> list[str]:
    name = f"staging_{job['id']}".replace("-", "")
    return [row["relname"] for row in stack.sql("select relname from pg_class where relname = %s", name)]


def test_atomic_job_loads_everything_at_once(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text")
    job = stack.run(quoted_rows(40_000), table, {"atomic": True})
    assert (job["status"], job["rows_loaded"]) == ("completed", 40_000)
    (row,) = stack.sql(f"select count(*), sum(id) as ids, count(distinct xmin::text) as writers from public.{table}")
    assert (row["count"], row["ids"], row["writers"]) == (40_000, 40_000 * 39_999 // 2, 1)
    assert staging_tables(stack, job) == []


def test_failed_atomic_job_loads_no_row_and_its_counts_add_up(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text")
    job = stack.run(quoted_rows(40_000) + b"x,1\n" * 20, table, {"atomic": True, "max_errors": 10})
    assert (job["status"], job["error_code"]) == ("failed", "IJ420")
    assert (job["rows_loaded"], job["rows_rejected"], job["rows_skipped"]) == (0, 11, 40_000)
    assert stack.sql(f"select count(*) from public.{table}") == [{"count": 0}]


def test_rows_that_violate_constraints_are_rejected_at_the_end(stack: Stack) -> None:
    table = stack.table("id integer primary key, n integer check (n <> 3)")
    stack.sql(f"insert into public.{table} values (5, 0)")
    job = stack.run(b"id,n\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(10)), table, {"atomic": True})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 8, 2)
    assert stack.rejections(job) == [(5, None, "IJ412"), (7, None, "IJ410")]
    assert stack.sql(f"select count(*) from public.{table}") == [{"count": 9}]


def test_retry_of_a_failed_atomic_job_starts_over(stack: Stack) -> None:
    table = stack.table("id integer primary key, t text")
    stack.sql(f"insert into public.{table} values (-1, '')")
    job = stack.run(b"id,t\n1,a\n-1,b\n", table, {"atomic": True, "max_errors": 0})
    assert (job["status"], job["error_code"]) == ("failed", "IJ420")
    stack.sql(f"delete from public.{table}")
    stack.sql("update public.import_jobs set status = 'pending' where id = %s", job["id"])
    job = stack.wait(job["id"])
    assert (job["status"], job["rows_loaded"], job["rows_rejected"], job["attempts"]) == ("completed", 2, 0, 1)


def test_staging_table_of_an_ended_job_is_swept(stack: Stack) -> None:
    table = stack.table("id integer primary key")
    job = stack.run(b"id\n1\nx\n", table, {"atomic": True, "max_errors": 0})

    def is_dropped() -> bool:
        stack.sql("select importer.sweep_import_jobs()")
        return staging_tables(stack, job) == []

    until(is_dropped, "a sweep that drops the staging table")


def test_atomic_can_be_a_default_of_the_target(stack: Stack) -> None:
    table = stack.table("id integer primary key")
    stack.sql("update public.import_targets set options = '{\"atomic\": true}' where name = %s", table)
    assert stack.run(b"id\n1\n", table)["options"] == {"atomic": True}


@pytest.mark.parametrize("options", [{"atomic": True}, {"dry_run": True}])
def test_the_normalised_file_has_no_row_that_the_target_refused_at_the_end(
    stack: Stack, options: dict[str, bool]
) -> None:
    parent = stack.table("id bigint primary key")
    stack.sql(f"insert into public.{parent} select generate_series(1, 500)")
    table = stack.table(f"id bigint references public.{parent}, name text")
    rows = "".join(f'{number},"a\nb"\n' for number in range(490, 511))
    job = stack.run(b"id,name\n" + rows.encode(), table, {"output": True, **options})
    assert (job["status"], job["rows_rejected"]) == ("completed", 10)
    output = stack.download(job["output_path"]).decode()
    assert output == "id,name\n" + "".join(f'{number},"a\nb"\n' for number in range(490, 501))
