"""A field over 1 MiB or a record over 16 MiB is rejected with IJ408, and the other rows are loaded."""

from tests.acceptance.conftest import Stack

MIB = 1 << 20
# Enough columns for a record that is too large while each of its fields is not.
COLUMNS = ", ".join(["id integer", *(f"c{n} text" for n in range(20))])
HEADER = ",".join(["id", *(f"c{n}" for n in range(20))]).encode()


def record(key: int, *cells: bytes) -> bytes:
    """Return a record with these cells in its first columns; the others are empty."""
    return b",".join([b"%d" % key, *cells, *[b""] * (20 - len(cells))]) + b"\n"


def test_field_over_the_limit_is_rejected_and_one_at_it_is_loaded(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    rows = [record(1, b"a"), record(2, b"b" * MIB), record(3, b"c" * (MIB + 1)), record(4, b"d")]
    job = stack.run(HEADER + b"\n" + b"".join(rows), table)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 3, 1)
    assert stack.rejections(job) == [(4, None, "IJ408")]
    assert stack.rows(table, "id, length(c0)") == [(1, 1), (2, MIB), (4, 1)]


def test_quoted_field_over_the_limit_is_rejected(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    rows = [record(1, b"a"), record(2, b'"' + b"b," * MIB + b'"'), record(3, b"c")]
    job = stack.run(HEADER + b"\n" + b"".join(rows), table)
    assert stack.rejections(job) == [(3, None, "IJ408")]
    assert stack.rows(table, "id") == [(1,), (3,)]


def test_record_over_the_limit_with_fields_below_theirs_is_rejected(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    wide = [b"x" * (MIB - 10)] * 17
    job = stack.run(HEADER + b"\n" + record(1, b"a") + record(2, *wide) + record(3, b"c"), table)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 2, 1)
    assert stack.rejections(job) == [(3, None, "IJ408")]
    assert stack.rows(table, "id") == [(1,), (3,)]


def test_large_rejected_record_is_truncated_in_import_job_errors(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    job = stack.run(HEADER + b"\n" + record(1, b"a") + record(2, "ç".encode() * MIB), table)
    (row,) = stack.sql("select octet_length(raw) as bytes from public.import_job_errors where job_id = %s", job["id"])
    # "2," and as many letters of two bytes as fit.
    assert row["bytes"] == 8192
