"""Import every file of tests/data and compare rows, codes and dialect with the expectation beside the file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Stack

DATA = Path(__file__).parents[1] / "data"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))}
#: Files whose options are invalid, so that the insert of the job fails.
INVALID_OPTIONS = [name for name, expected in FILES.items() if "insert" in expected]
IMPORTED = [name for name in FILES if name not in INVALID_OPTIONS]
#: The columns of the table of a file that fails before its header is known.
DEFAULT_COLUMNS = ["a", "id", "name"]


def columns(expected: dict[str, Any]) -> list[str]:
    """Return the columns of the file's table: its headers without empty ones, or c1, c2 … if it has no header."""
    header = expected.get("header", DEFAULT_COLUMNS)
    if not expected.get("dialect", {}).get("has_header", True):
        return [f"c{place + 1}" for place in range(len(header))]
    return [name for name in header if name]


@pytest.fixture(scope="module")
def tables(stack: Stack) -> dict[str, str]:
    """The registered table of each file, with text columns. One statement creates all tables, for speed."""
    names = {name: f"t_{uuid4().hex[:12]}" for name in FILES}
    statements = sql.SQL("").join(
        sql.SQL("create table public.{} ({}); select importer.register_target({});").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(column)) for column in columns(FILES[name])),
            sql.Literal(f"public.{table}"),
        )
        for name, table in names.items()
    )
    with psycopg.connect(stack.env["DATABASE_URL"]) as conn:
        conn.execute(statements)
    return names


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the bucket for all uploads: creating one takes longer than a job."""
    bucket = f"{stack.env['SUPABASE_URL']}/storage/v1/object/imports/"
    headers = {"apikey": stack.env["SUPABASE_SECRET_KEY"], "content-type": "text/csv"}
    with httpx.Client(base_url=bucket, headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def started(stack: Stack, client: httpx.Client, tables: dict[str, str]) -> dict[str, UUID]:
    """The job of each file. Jobs run while further files are uploaded, and each test waits for its own job."""
    jobs: dict[str, UUID] = {}
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as conn:
        for name in IMPORTED:
            path = f"service/{uuid4().hex}/{name}.csv"
            client.post(path, content=(DATA / f"{name}.csv").read_bytes()).raise_for_status()
            (jobs[name],) = conn.execute(
                "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id",
                (path, tables[name], Jsonb(FILES[name].get("options", {}))),
            ).fetchone()
    return jobs


@pytest.mark.parametrize("name", IMPORTED)
def test_file_ends_as_expected(stack: Stack, started: dict[str, UUID], tables: dict[str, str], name: str) -> None:
    expected = FILES[name]
    code = expected.get("job_code", expected.get("code"))
    job = stack.wait(started[name])
    assert (job["status"], job["error_code"]) == ("failed" if code else "completed", code), job["error_message"]
    assert expected.get("message", "") in (job["error_message"] or "")
    assert (job["rows_loaded"], job["rows_rejected"]) == (expected.get("loaded", 0), expected.get("rejected", 0))
    codes = [code for _, _, code in stack.rejections(job)] if job["rows_rejected"] else []
    assert codes == expected.get("codes", [])
    if "fields" in expected:
        assert job["rows_read"] == len(expected["fields"])
        assert job["rows_skipped"] == expected.get("skipped", expected["fields"].count(0))
        assert job["rows_read"] == job["rows_loaded"] + job["rows_rejected"] + job["rows_skipped"]
        dialect = expected["dialect"]
        assert {part: job["dialect"][part] for part in dialect} == dialect
    rows = [list(row) for row in stack.rows(tables[name])]
    assert len(rows) == job["rows_loaded"]
    assert expected.get("first") in [None, *rows]


@pytest.mark.parametrize("name", INVALID_OPTIONS)
def test_insert_with_invalid_options_fails(stack: Stack, tables: dict[str, str], name: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        stack.insert(f"service/{name}.csv", tables[name], FILES[name]["options"])
    assert caught.value.sqlstate == FILES[name]["insert"]


def test_every_imported_file_has_an_expectation() -> None:
    keys = {"loaded", "rejected", "codes", "dialect"}
    incomplete = [name for name in IMPORTED if "code" not in FILES[name] and not keys <= set(FILES[name])]
    assert not incomplete
