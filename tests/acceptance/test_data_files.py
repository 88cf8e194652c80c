"""Every file of tests/data ends, as a job of its own, as the expectation beside it says: rows, codes, dialect."""

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
#: Options that a job may not have: the insert itself is refused.
REFUSED = [name for name, expected in FILES.items() if "insert" in expected]
ENDED = [name for name in FILES if name not in REFUSED]
#: For files that are refused: headers they have, as far as a header is come to.
COMMON = ["a", "id", "name"]


def columns(expected: dict[str, Any]) -> list[str]:
    """Name the columns of the file's table: its headers, or c1, c2 … without them; an empty header has no column."""
    header = expected.get("header", COMMON)
    if not expected.get("dialect", {}).get("has_header", True):
        return [f"c{place + 1}" for place in range(len(header))]
    return [name for name in header if name]


@pytest.fixture(scope="module")
def tables(stack: Stack) -> dict[str, str]:
    """A registered table of text columns for each file, all of them made by one statement, for speed."""
    names = {name: f"t_{uuid4().hex[:12]}" for name in FILES}
    made = sql.SQL("").join(
        sql.SQL("create table public.{} ({}); select importer.register_target({});").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(each)) for each in columns(FILES[name])),
            sql.Literal(f"public.{table}"),
        )
        for name, table in names.items()
    )
    with psycopg.connect(stack.env["DATABASE_URL"]) as conn:
        conn.execute(made)
    return names


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """One client for all uploads; one for each takes longer than its job."""
    bucket = f"{stack.env['SUPABASE_URL']}/storage/v1/object/imports/"
    headers = {"apikey": stack.env["SUPABASE_SECRET_KEY"], "content-type": "text/csv"}
    with httpx.Client(base_url=bucket, headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def started(stack: Stack, client: httpx.Client, tables: dict[str, str]) -> dict[str, UUID]:
    """The job of each file; they run while the next are uploaded, and each test waits for its own."""
    jobs: dict[str, UUID] = {}
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as conn:
        for name in ENDED:
            path = f"service/{uuid4().hex}/{name}.csv"
            client.post(path, content=(DATA / f"{name}.csv").read_bytes()).raise_for_status()
            (jobs[name],) = conn.execute(
                "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id",
                (path, tables[name], Jsonb(FILES[name].get("options", {}))),
            ).fetchone()
    return jobs


@pytest.mark.parametrize("name", ENDED)
def test_file_ends_as_expected(stack: Stack, started: dict[str, UUID], tables: dict[str, str], name: str) -> None:
    expected = FILES[name]
    code = expected.get("job_code", expected.get("code"))
    job = stack.wait(started[name])
    assert (job["status"], job["error_code"]) == ("failed" if code else "completed", code), job["error_message"]
    assert expected.get("message", "") in (job["error_message"] or "")
    assert (job["rows_loaded"], job["rows_rejected"]) == (expected.get("loaded", 0), expected.get("rejected", 0))
    codes = [code for _, _, code in stack.errors(job)] if job["rows_rejected"] else []
    assert codes == expected.get("codes", [])
    if "fields" in expected:
        assert job["rows_read"] == len(expected["fields"])
        assert job["rows_skipped"] == expected["fields"].count(0)
        assert job["rows_read"] == job["rows_loaded"] + job["rows_rejected"] + job["rows_skipped"]
        dialect = expected["dialect"]
        assert {part: job["dialect"][part] for part in dialect} == dialect
    rows = [list(row) for row in stack.rows(tables[name])]
    assert len(rows) == job["rows_loaded"]
    assert expected.get("first") in [None, *rows]


@pytest.mark.parametrize("name", REFUSED)
def test_job_is_refused_at_once(stack: Stack, tables: dict[str, str], name: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        stack.insert(f"service/{name}.csv", tables[name], FILES[name]["options"])
    assert caught.value.sqlstate == FILES[name]["insert"]


def test_every_read_file_says_what_becomes_of_it() -> None:
    keys = {"loaded", "rejected", "codes", "dialect"}
    incomplete = [name for name in ENDED if "code" not in FILES[name] and not keys <= set(FILES[name])]
    assert not incomplete
