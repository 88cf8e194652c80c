"""What bounds the work of a job: max_errors within a chunk, and max_seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.conftest import Stack

ROWS, BAD_FROM = 60_000, 9_000
CHECKED = "id bigint primary key, value text check (id < 9000)"
COUNTED = """
create sequence public.tries_{0};
create function public.count_{0}() returns trigger language plpgsql security definer as $$
begin
  perform nextval('public.tries_{0}');
  return new;
end $$;
create trigger counting before insert on public.{0} for each row execute function public.count_{0}()
"""
SLOW = """
create function public.slow_{0}() returns trigger language plpgsql as $$
begin
  if new.id % 10000 = 0 then perform pg_sleep(0.7); end if;
  return new;
end $$;
create trigger slow before insert on public.{0} for each row execute function public.slow_{0}()
"""
MODES: dict[str, dict[str, Any]] = {"insert": {}, "upsert": {"mode": "upsert", "key_columns": ["id"]}}


def numbered_rows(count: int, *, short_from: int | None = None) -> bytes:
    """Return a file of `count` rows; those from `short_from` on have a field too few."""
    rows = (f"{n}\n" if short_from and n >= short_from else f"{n},some text\n" for n in range(count))
    return ("id,value\n" + "".join(rows)).encode()


def retry(stack: Stack, job: dict[str, Any], options: str) -> dict[str, Any]:
    """Retry a job with other options, and return its row once it has ended."""
    stack.sql("select * from public.retry_import_job(%s, %s::jsonb)", job["id"], options)
    return stack.wait(job["id"])


@pytest.mark.parametrize("mode", MODES)
def test_rows_that_the_database_rejects_end_the_job_at_the_bound(stack: Stack, mode: str) -> None:
    table = stack.table(CHECKED, **MODES[mode])
    stack.sql(COUNTED.format(table))
    job = stack.run(numbered_rows(ROWS), table, {"max_errors": 10})
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ420", 11)
    assert job["error_message"].startswith("11 rows were rejected; at most 10 may be")
    assert (job["rows_loaded"], job["rows_read"]) == (BAD_FROM, BAD_FROM + 11)
    assert len(stack.rejections(job)) == 11
    assert stack.sql(f"select count(*) from public.{table}") == [{"count": BAD_FROM}]
    tries = stack.sql(f"select last_value from public.tries_{table}")[0]["last_value"]
    assert tries < 8 * ROWS  # 11 rejections of 51,000: without the bound it is 15 times the rows and more


@pytest.mark.parametrize("mode", MODES)
def test_a_retry_with_a_larger_bound_goes_on_from_there(stack: Stack, mode: str) -> None:
    table = stack.table(CHECKED, **MODES[mode])
    job = stack.run(numbered_rows(BAD_FROM + 300), table, {"max_errors": 10})
    assert (job["error_code"], job["rows_read"]) == ("IJ420", BAD_FROM + 11)
    job = retry(stack, job, '{"max_errors": 400}')
    counts = (job["status"], job["rows_read"], job["rows_loaded"], job["rows_rejected"])
    assert counts == ("completed", BAD_FROM + 300, BAD_FROM, 300)
    assert [line for line, _, _ in stack.rejections(job)] == list(range(BAD_FROM + 2, BAD_FROM + 302))


def test_a_bound_that_is_raised_again_and_again_ends_with_the_whole_file(stack: Stack) -> None:
    table = stack.table("id bigint primary key, value text check (id % 50 <> 7)")
    job = stack.run(numbered_rows(40_000), table, {"max_errors": 100})
    for limit in (101, 350, 351, 900):
        assert (job["error_code"], job["rows_rejected"]) == ("IJ420", stack_limit(job) + 1)
        job = retry(stack, job, f'{{"max_errors": {limit}}}')
    assert (job["status"], job["rows_read"], job["rows_rejected"]) == ("completed", 40_000, 800)
    assert stack.sql(f"select count(*) from public.{table}") == [{"count": 39_200}]


def stack_limit(job: dict[str, Any]) -> int:
    """Return the bound of a job."""
    return job["options"]["max_errors"]


def test_rows_of_the_wrong_shape_end_the_job_at_the_bound(stack: Stack) -> None:
    table = stack.table("id bigint, value text")
    job = stack.run(numbered_rows(ROWS, short_from=BAD_FROM), table, {"max_errors": 10})
    assert (job["error_code"], job["rows_loaded"], job["rows_rejected"]) == ("IJ420", BAD_FROM, 11)


def test_nothing_of_an_all_or_nothing_job_stays(stack: Stack) -> None:
    table = stack.table(CHECKED)
    job = stack.run(numbered_rows(ROWS), table, {"atomic": True, "max_errors": 10})
    assert (job["error_code"], stack.sql(f"select count(*) from public.{table}")) == ("IJ420", [{"count": 0}])


def test_a_job_ends_with_the_current_chunk_when_its_time_is_up(stack: Stack) -> None:
    table = stack.table("id bigint primary key, value text")
    stack.sql(SLOW.format(table))
    job = stack.run(numbered_rows(300_000), table, {"max_seconds": 1})
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", "IJ117", 1)
    assert 0 < job["rows_loaded"] < 300_000
    assert stack.sql(f"select count(*) from public.{table}") == [{"count": job["rows_loaded"]}]
    stack.sql(f"drop trigger slow on public.{table}")
    job = retry(stack, job, '{"max_seconds": 600}')
    assert (job["status"], job["rows_read"], job["rows_loaded"]) == ("completed", 300_000, 300_000)


def test_the_time_may_be_set_for_a_target_and_nothing_stays_of_an_all_or_nothing_job(stack: Stack) -> None:
    table = stack.table("id bigint primary key, value text")
    stack.sql("update public.import_targets set options = '{\"max_seconds\": 1}' where name = %s", table)
    job = stack.run(numbered_rows(6_000_000 // 4), table, {"atomic": True})
    assert (job["error_code"], stack.sql(f"select count(*) from public.{table}")) == ("IJ117", [{"count": 0}])
