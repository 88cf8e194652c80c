"""A footer is skipped and counted in every mode, also where it begins in one chunk and ends in another."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack

# Records of some 110 bytes: the first chunk has 256 KiB, so that it ends within this footer.
ROWS, FOOTER = 2_000, 900
COLUMNS = "id integer primary key, note text"


def report_of(rows: int) -> bytes:
    """Return a file of so many rows and a footer, with empty rows and blank lines between and behind its records."""
    body = [b"%d,%s\n" % (key, b"x" * 100) for key in range(rows)]
    footer = [b"Total %d,%s,1\n,\n\n" % (key, b"y" * 100) for key in range(FOOTER)]
    return b"id,note\n" + b"".join([*body, b",\n", *footer])


@pytest.mark.parametrize(
    ("mode", "loaded", "skipped"),
    [("insert", ROWS, 0), ("upsert", ROWS, 0), ("replace", ROWS, 0), ("ignore", ROWS - 1, 1), ("update", 1, ROWS - 1)],
)
@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=["", "atomic"])
def test_every_mode_skips_the_footer(
    stack: Stack, mode: str, loaded: int, skipped: int, options: dict[str, Any]
) -> None:
    table = stack.table(COLUMNS, mode=mode, **({} if mode in ("insert", "replace") else {"key_columns": ["id"]}))
    if mode not in ("insert", "replace"):
        stack.sql(f"insert into public.{table} values (7, 'old')")
    job = stack.run(report_of(ROWS), table, {"skip_footer": FOOTER, **options})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", loaded, 0), job["error_message"]
    # One empty row stands above the footer; those in it, and the blank lines, belong to it.
    assert job["rows_skipped"] == 1 + 3 * FOOTER + skipped
    report = job["report"]
    assert (report["skipped_empty_rows"], report["skipped_footer"]) == (1, 3 * FOOTER)
    assert len(stack.rows(table)) == (1 if mode == "update" else ROWS)
    assert job["chunks_done"] > 1


def test_a_file_without_a_table_has_a_footer(stack: Stack) -> None:
    stack.sql(
        "insert into public.import_targets (name, mode, columns) values (%s, 'none', '{\"id\": {}, \"note\": {}}')",
        name := f"none_{uuid4().hex[:8]}",
    )
    job = stack.run(report_of(50), name, {"skip_footer": FOOTER, "output": True})
    assert (job["status"], job["rows_loaded"]) == ("completed", 50), job["error_message"]
    assert stack.download(job["output_path"]).count(b"\n") == 51


def test_an_inspection_shows_no_footer(stack: Stack) -> None:
    table = stack.table("id integer, note text")
    stack.sql(f"grant insert on public.{table} to authenticated")
    data = b"id,note\n1,a\n,\n2,b\nTotal,3,4\n"
    job = stack.run_as(uuid4(), data, table, {"inspect": True, "skip_footer": 1})
    inspection = job["report"]["inspection"]
    assert inspection["problems"] == []
    assert [row["values"]["id"] for row in inspection["rows"]] == ["1", "2"]
    assert inspection["dialect"]["skip_footer"] == {"value": 1, "how": "given"}
