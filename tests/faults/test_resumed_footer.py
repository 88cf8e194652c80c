"""A job that resumes skips the same footer, in a plain file and in one file of an archive."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace

import pytest

from tests.faults.files import make_csv
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import MIDDLE

# More than a chunk, which has some 600 rows, so that two of the five chunks have a part of the footer.
FOOTER = 650


def archived(data: bytes) -> bytes:
    """Return an archive whose second file has this content."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("noise", os.urandom(400_000))
        writer.writestr("rows.csv", data)
    return archive.getvalue()


@pytest.mark.parametrize("options", [{}, {"member": "rows.csv"}, {"atomic": True}], ids=["plain", "member", "atomic"])
def test_resumed_job_skips_the_same_footer(stack: FaultStack, options: dict[str, object]) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    data = make_csv(2500)
    with stack.gate(MIDDLE) as gate:
        table = stack.table(MIDDLE)
        file = archived(data) if "member" in options else data
        case = stack.insert(table, file, options={"skip_footer": FOOTER, **options})
        stack.cases[-1] = case = replace(case, data=data, footer=FOOTER)
        # An all-or-nothing job inserts its rows at its end.
        gate.wait_for("%insert%" if "atomic" in options else "copy%")
        victim.kill()
    stack.processor()
    job = stack.completed(case)
    assert "lease_lost" in stack.events(case)
    assert job["rows_skipped"] == FOOTER
    assert job["report"]["skipped_footer"] == FOOTER
