"""SIGKILL of the processor in the middle of a workbook: the next one reads the same text, and loads what is missing."""

from __future__ import annotations

from uuid import uuid4

from tests.acceptance import workbook_files as books
from tests.faults.files import make_csv, parsed
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import MIDDLE


def test_killed_processor_loses_nothing_of_a_workbook(stack: FaultStack) -> None:
    table = make_csv(2500)
    rows = [[int(key) if key.isdigit() else key, note] for key, note in parsed(table)]
    workbook = books.by_openpyxl({"S": [["id", "note"], *rows]})
    path = stack.files.upload(workbook, f"service/{uuid4().hex}/file.xlsx")
    victim = stack.processor(lease=SHORT_LEASE)
    with stack.gate(MIDDLE) as gate:
        case = stack.insert(stack.table(MIDDLE), table, object_path=path)
        gate.wait_for("copy%")
        assert stack.job(case.job)["chunks_done"] == 2
        victim.kill()
    stack.processor()
    job = stack.completed(case)
    assert stack.events(case)[-2:] == ["resumed", "completed"]
    assert set(stack.attempts(case)) == {1, 2}
    assert (job["rows_read"], job["dialect"]["member"]) == (2500, "S")
    assert (job["bytes_read"], job["bytes_total"]) == (len(workbook), len(workbook))
