"""IMPORT_JOBS_KEPT_ERRORS bounds the rows of import_job_errors; counts, report and errors.csv have all."""

from __future__ import annotations

import csv
import io

import pytest

from tests.faults.harness import FaultStack

KEPT = 3
# Some 800 bytes a row, so that 200 rows make a few chunks of 64 KiB; a bad row for every 20 rows.
ROWS, BAD = 200, range(10, 200, 20)
FILES = {
    "not_numbers": ("", "IJ403", lambda at: f"bad{at}"),
    "repeated": ("unique", "IJ410", lambda at: str(at - 1)),
}


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=str)
@pytest.mark.parametrize("name", FILES)
def test_rejected_rows_beyond_those_kept_are_counted_and_in_errors_csv(
    stack: FaultStack, name: str, options: dict[str, object]
) -> None:
    key, code, spoilt = FILES[name]
    lines = [f"{spoilt(at) if at in BAD else at},{at} {'x' * 800}\n" for at in range(ROWS)]
    stack.processor(kept_errors=KEPT)
    case = stack.insert(stack.table(key=key), ("id,note\n" + "".join(lines)).encode(), options=options)
    stack.cases.remove(case)  # which compares all rejections with the table of them
    job = stack.completed(case)
    assert (job["rows_read"], job["rows_loaded"], job["rows_rejected"]) == (ROWS, ROWS - len(BAD), len(BAD))
    assert job["report"]["rejected_by_code"] == {code: len(BAD)}
    kept = stack.sql("select * from public.import_job_errors where job_id = %s order by record_number", case.job)
    assert [(row["record_number"], row["code"]) for row in kept] == [(at + 1, code) for at in BAD[:KEPT]]
    rows = list(csv.DictReader(io.StringIO(stack.files.download(job["errors_path"]).decode())))
    assert [(int(row["import_line"]), row["import_code"]) for row in rows] == [(at + 2, code) for at in BAD]
