"""What a job leaves behind that fails late, for whatever reason: its report, and what was rejected until then."""

import csv
import gzip
import io

import pytest

from tests.acceptance.conftest import Stack

ROWS = b"".join(b"%s,%s\n" % (b"x" if n == 7 else b"%d" % n, b"t" * 1000) for n in range(2000))


def rejected(stack: Stack, job: dict[str, object]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(stack.download(job["errors_path"]).decode())))[1:]


def test_quote_that_is_not_closed_at_the_end_leaves_report_and_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    job = stack.run(b"id,t\n" + ROWS + b'9,"open\n', table)
    assert (job["status"], job["error_code"]) == ("failed", "IJ305")
    assert job["rows_rejected"] == 1
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert job["report"]["rows_in_report"] == job["rows_loaded"]
    ((line, column, code, *_),) = rejected(stack, job)
    assert (line, column, code) == ("9", "id", "IJ403")


def test_damaged_end_of_a_compressed_file_leaves_report_and_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    rows = b"".join(b"%s,%d\n" % (b"x" if n == 7 else b"%d" % n, n * 7919 % 65537) for n in range(200_000))
    job = stack.run(gzip.compress(b"id,t\n" + rows, 1)[:-40], table)
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ311", 1)
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert len(rejected(stack, job)) == 1


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        # A function that the trigger calls and that is not there is no row's fault.
        ("perform public.nowhere()", "IJ504"),
        # The database could take the rows another time, but there is no other attempt.
        ("raise exception 'full' using errcode = 'disk_full'", "IJ501"),
    ],
)
def test_refusal_of_the_last_attempt_leaves_what_was_rejected_before(stack: Stack, statement: str, code: str) -> None:
    table = stack.table("id integer, t text")
    stack.sql(
        f"create function public.{table}_stop() returns trigger language plpgsql as "
        f"$$ begin {statement}; return new; end $$; "
        f"create trigger stop before insert on public.{table} for each row when (new.id = 1999) "
        f"execute function public.{table}_stop()"
    )
    (row,) = stack.sql(
        "insert into public.import_jobs (object_path, target, max_attempts) values (%s, %s, 1) returning id",
        stack.upload(b"id,t\n" + ROWS),
        table,
    )
    job = stack.wait(row["id"])
    assert (job["status"], job["error_code"]) == ("failed", code)
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert len(rejected(stack, job)) == 1


def test_job_without_rejected_rows_that_fails_has_a_report_and_no_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b'id\n1\n2\n"3\n', table)
    assert (job["status"], job["error_code"], job["errors_path"]) == ("failed", "IJ305", None)
    assert "columns" in job["report"]
