"""The preview: the first 20 rows as they were loaded, however wide, however many were rejected before them."""

from tests.acceptance.conftest import Stack


def ids(job: dict[str, object]) -> list[int]:
    return [int(row["id"]) for row in job["preview"]]


def test_preview_goes_on_over_chunks_of_rejected_rows(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    # The first two chunks (256 kB and 1 MB) are refused whole.
    rows = b"".join(b"%s%d,%s\n" % (b"x" if n < 2000 else b"", n, b"t" * 1000) for n in range(3000))
    job = stack.run(b"id,t\n" + rows, table, {"max_errors": 2000})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1000, 2000)
    assert ids(job) == list(range(2000, 2020))


def test_preview_of_wide_rows_is_of_20(stack: Stack) -> None:
    table = stack.table("id integer, t text")
    job = stack.run(b"id,t\n" + b"".join(b"%d,%s\n" % (n, b"t" * 100_000) for n in range(60)), table)
    assert ids(job) == list(range(20))
    assert {len(row["t"]) for row in job["preview"]} == {300}


def test_preview_of_an_atomic_job_has_no_row_that_was_refused_at_the_end(stack: Stack) -> None:
    table = stack.table("id integer primary key check (id % 2 = 1 or id > 1000)")
    job = stack.run(b"id\n" + b"".join(b"%d\n" % n for n in range(2000)), table, {"atomic": True})
    assert (job["status"], job["rows_rejected"]) == ("completed", 501)
    assert ids(job) == list(range(1, 41, 2))


def test_preview_is_looked_for_far_behind_when_its_chunks_are_refused_at_the_end(stack: Stack) -> None:
    table = stack.table("id integer primary key check (id > 900), t text")
    rows = b"".join(b"%d,%s\n" % (n, b"t" * 1000) for n in range(3000))
    job = stack.run(b"id,t\n" + rows, table, {"atomic": True})
    assert (job["status"], job["rows_rejected"]) == ("completed", 901)
    assert ids(job) == list(range(901, 921))


def test_preview_of_a_failed_atomic_job_has_no_refused_row(stack: Stack) -> None:
    table = stack.table("id integer primary key check (id > 3)")
    job = stack.run(b"id\n" + b"".join(b"%d\n" % n for n in range(9)), table, {"atomic": True, "max_errors": 3})
    assert (job["status"], job["error_code"]) == ("failed", "IJ420")
    assert ids(job) == list(range(4, 9))


def test_preview_of_fewer_rows_has_them_all(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b"id\n1\nx\n3\n", table)
    assert job["preview"] == [{"id": "1"}, {"id": "3"}]
