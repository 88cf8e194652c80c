"""A job that fails late keeps its report and the rejections until then."""

import csv
import gzip
import io

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.files import padded_rows

FILE = padded_rows(2000, bad=(7,))


def rejections(stack: Stack, job: dict[str, object]) -> list[list[str]]:
    """Return the records of the job's errors.csv."""
    return list(csv.reader(io.StringIO(stack.download(job["errors_path"]).decode())))[1:]


def test_unclosed_quote_at_the_end_keeps_report_and_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    job = stack.run(FILE + b'9,"open\n', table)
    assert (job["status"], job["error_code"]) == ("failed", "IJ305")
    assert job["rows_rejected"] == 1
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert job["report"]["rows_in_report"] == job["rows_loaded"]
    ((line, column, code, *_),) = rejections(stack, job)
    assert (line, column, code) == ("9", "id", "IJ403")


def test_damaged_end_of_a_compressed_file_keeps_report_and_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    rows = b"".join(b"%s,%d\n" % (b"x" if n == 7 else b"%d" % n, n * 7919 % 65537) for n in range(200_000))
    job = stack.run(gzip.compress(b"id,t\n" + rows, 1)[:-40], table)
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ311", 1)
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert len(rejections(stack, job)) == 1


@pytest.mark.parametrize(
    ("errcode", "code"),
    # The errors are transient, but there is no further attempt.
    [("lock_not_available", "IJ502"), ("disk_full", "IJ501")],
)
def test_database_error_of_the_last_attempt_keeps_earlier_rejections(stack: Stack, errcode: str, code: str) -> None:
    table = stack.table("id integer, t text")
    stack.sql(
        f"create function public.{table}_stop() returns trigger language plpgsql as "
        f"$$ begin raise exception 'no' using errcode = '{errcode}'; return new; end $$; "
        f"create trigger stop before insert on public.{table} for each row when (new.id = 1999) "
        f"execute function public.{table}_stop()"
    )
    (row,) = stack.sql(
        "insert into public.import_jobs (object_path, target, max_attempts) values (%s, %s, 1) returning id",
        stack.upload(FILE),
        table,
    )
    job = stack.wait(row["id"])
    assert (job["status"], job["error_code"]) == ("failed", code)
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert len(rejections(stack, job)) == 1


def test_failed_job_without_rejections_has_a_report_and_no_errors_csv(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b'id\n1\n2\n"3\n', table)
    assert (job["status"], job["error_code"], job["errors_path"]) == ("failed", "IJ305", None)
    assert "columns" in job["report"]
