"""The file of a zip archive that a job names is read, wherever it stands; a wrong name is refused with a list."""

from __future__ import annotations

import io
import os
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Stack

COLUMNS = "id integer, name text"
ANA, RUI = b"id,name\n1,Ana\n", b"id,name\n2,Rui\n"
# More than is downloaded before the directory is asked for.
NOISE = os.urandom(600_000)
RETRY = "select public.retry_import_job(%s, %s)"


def zipped(*files: tuple[str, bytes]) -> bytes:
    """Return an archive of files, each with its path."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in files:
            writer.writestr(name, data)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("files", "member", "rows"),
    [
        ([("a.csv", ANA), ("b.csv", RUI)], "a.csv", [(1, "Ana")]),
        ([("a.csv", ANA), ("b.csv", RUI)], "b.csv", [(2, "Rui")]),
        ([("x/a.csv", ANA), ("y/b.csv", RUI)], "b.csv", [(2, "Rui")]),
        ([("x/a.csv", ANA), ("a.csv", RUI)], "a.csv", [(2, "Rui")]),
        ([("x/a.csv", ANA), ("y/a.csv", RUI)], "y/a.csv", [(2, "Rui")]),
        ([("noise", NOISE), ("b.csv", RUI), ("more", NOISE)], "b.csv", [(2, "Rui")]),
        ([("a.csv", ANA), ("more", NOISE)], "a.csv", [(1, "Ana")]),
        ([("ação.csv", RUI), ("b.csv", ANA)], "ac\u0327a\u0303o.csv", [(2, "Rui")]),
        ([(f"{number}{'x' * 200}", ANA) for number in range(500)] + [("b.csv", RUI)], "b.csv", [(2, "Rui")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_named_file_is_read(stack: Stack, files: list[tuple[str, bytes]], member: str, rows: list[Any]) -> None:
    table = stack.table(COLUMNS)
    job = stack.run(zipped(*files), table, {"member": member})
    assert (job["status"], job["rows_loaded"], job["dialect"]["compression"]) == ("completed", 1, "zip")
    assert stack.rows(table) == rows
    assert job["file_sha256"] is not None


def test_hints_name_what_there_is(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    job = stack.run(zipped(("a.csv", ANA), ("__MACOSX/._a.csv", b"x"), ("x/b.csv", RUI)), table)
    assert (job["error_code"], job["rows_loaded"]) == ("IJ311", 0)
    assert job["error_hint"] == "Retry the job with the option member set to one of: a.csv, x/b.csv."
    stack.sql(RETRY, job["id"], Jsonb({"member": "c.csv"}))
    job = stack.wait(job["id"])
    assert (job["error_code"], job["rows_loaded"]) == ("IJ313", 0)
    assert job["error_hint"] == "Retry the job with the option member set to one of: a.csv, x/b.csv."
    stack.sql(RETRY, job["id"], Jsonb({"member": "x/b.csv"}))
    assert stack.wait(job["id"])["status"] == "completed"
    assert stack.rows(table) == [(2, "Rui")]


def test_a_hint_lists_twenty_names(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    job = stack.run(zipped(*[(f"{number}{'x' * 300}", ANA) for number in range(50)]), table, {"member": "b.csv"})
    assert (job["error_code"], len(job["error_hint"]) < 2_300) == ("IJ313", True)
    assert job["error_hint"].endswith(" and 30 more.")


def test_the_same_name_in_two_folders_is_refused(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    job = stack.run(zipped(("x/a.csv", ANA), ("y/a.csv", RUI), ("b.csv", RUI)), table, {"member": "a.csv"})
    assert (job["error_code"], job["rows_loaded"]) == ("IJ313", 0)
    assert job["error_hint"] == "Retry the job with the option member set to one of: x/a.csv, y/a.csv."


def test_several_files_are_refused_before_a_row_is_loaded(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    large = b"id,name\n" + b"".join(b"%d,%s\n" % (key, os.urandom(20).hex().encode()) for key in range(30_000))
    job = stack.run(zipped(("a.csv", large), ("b.csv", RUI)), table)
    assert (job["error_code"], job["rows_loaded"], stack.rows(table)) == ("IJ311", 0, [])


def test_other_files_have_no_members(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    assert stack.run(RUI, table, {"member": "b.csv"})["status"] == "completed"
    assert stack.rows(table) == [(2, "Rui")]


def test_an_inspection_looks_at_the_named_file(stack: Stack) -> None:
    table = stack.table(COLUMNS)
    stack.sql(f"grant insert on public.{table} to authenticated")
    data = zipped(("noise", NOISE), ("b.csv", RUI))
    job = stack.run_as(uuid4(), data, table, {"inspect": True, "member": "b.csv"})
    inspection = job["report"]["inspection"]
    assert [row["values"] for row in inspection["rows"]] == [{"id": "2", "name": "Rui"}]
    assert inspection["dialect"]["member"] == {"value": "b.csv", "how": "given"}
    several = stack.run_as(uuid4(), data, table, {"inspect": True})
    (problem,) = several["report"]["inspection"]["problems"]
    assert (problem["code"], problem["hint"].endswith("noise, b.csv.")) == ("IJ311", True)
