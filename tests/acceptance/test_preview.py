"""The preview has the first 20 loaded rows, whatever their width and the number of rejections before them."""

from tests.acceptance.conftest import Stack
from tests.acceptance.files import padded_rows


def ids(job: dict[str, object]) -> list[int]:
    """Return the ids of the rows in the preview."""
    return [int(row["id"]) for row in job["preview"]]


def test_preview_continues_past_chunks_of_rejected_rows(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    # All rows of the first two chunks (256 kB and 1 MB) are rejected.
    job = stack.run(padded_rows(3000, bad=range(2000)), table, {"max_errors": 2000})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1000, 2000)
    assert ids(job) == list(range(2000, 2020))


def test_preview_of_wide_rows_has_20_rows(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    job = stack.run(padded_rows(60, text_bytes=100_000), table)
    assert ids(job) == list(range(20))
    assert {len(row["t"]) for row in job["preview"]} == {300}


def test_preview_of_an_atomic_job_has_no_row_that_was_rejected_at_the_end(stack: Stack) -> None:
    table = stack.table("id integer primary key check (id % 2 = 1 or id > 1000)")
    job = stack.run(b"id\n" + b"".join(b"%d\n" % n for n in range(2000)), table, {"atomic": True})
    assert (job["status"], job["rows_rejected"]) == ("completed", 501)
    assert ids(job) == list(range(1, 41, 2))


def test_preview_comes_from_later_chunks_when_the_first_are_rejected_at_the_end(stack: Stack) -> None:
    table = stack.table("id integer primary key check (id > 900), t text")
    job = stack.run(padded_rows(3000), table, {"atomic": True})
    assert (job["status"], job["rows_rejected"]) == ("completed", 901)
    assert ids(job) == list(range(901, 921))


def test_preview_of_a_failed_atomic_job_has_no_rejected_row(stack: Stack) -> None:
    table = stack.table("id integer primary key check (id > 3)")
    job = stack.run(b"id\n" + b"".join(b"%d\n" % n for n in range(9)), table, {"atomic": True, "max_errors": 3})
    assert (job["status"], job["error_code"]) == ("failed", "IJ420")
    assert ids(job) == list(range(4, 9))


def test_preview_of_fewer_than_20_rows_has_all_of_them(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b"id\n1\nx\n3\n", table)
    assert job["preview"] == [{"id": "1"}, {"id": "3"}]
