"""IMPORT_JOBS_KEPT_ERRORS limits the rows of import_job_errors; counts, report and errors.csv have all rejections."""

from __future__ import annotations

import csv
import io

import pytest

from tests.faults.harness import FaultStack

KEPT = 3
# A row has some 800 bytes, so that the file has a few chunks of 64 KiB; one row in 20 is bad.
ROWS, BAD = 200, range(10, 200, 20)
FILES = {
    "not_numbers": ("", "IJ403", lambda row: f"bad{row}"),
    "repeated": ("unique", "IJ410", lambda row: str(row - 1)),
}


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=str)
@pytest.mark.parametrize("name", FILES)
def test_rejections_beyond_the_limit_are_counted_and_in_errors_csv(
    stack: FaultStack, name: str, options: dict[str, object]
) -> None:
    key, code, bad_key = FILES[name]
    lines = [f"{bad_key(row) if row in BAD else row},{row} {'x' * 800}\n" for row in range(ROWS)]
    stack.processor(kept_errors=KEPT)
    case = stack.insert(stack.table(key=key), ("id,note\n" + "".join(lines)).encode(), options=options)
    stack.cases.remove(case)  # the comparison after the test expects all rejections in the table
    job = stack.completed(case)
    assert (job["rows_read"], job["rows_loaded"], job["rows_rejected"]) == (ROWS, ROWS - len(BAD), len(BAD))
    assert job["report"]["rejected_by_code"] == {code: len(BAD)}
    stored = stack.sql("select * from public.import_job_errors where job_id = %s order by record_number", case.job)
    assert [(row["record_number"], row["code"]) for row in stored] == [(bad + 1, code) for bad in BAD[:KEPT]]
    rows = list(csv.DictReader(io.StringIO(stack.files.download(job["errors_path"]).decode())))
    assert [(int(row["import_line"]), row["import_code"]) for row in rows] == [(bad + 2, code) for bad in BAD]
