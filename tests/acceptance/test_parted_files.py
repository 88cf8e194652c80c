"""Small files as people send them: the header, the delimiter, titles and comments are found, or the job has a code.

All jobs run while further files are uploaded, and each test waits for its own.
"""

from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Stack
from tests.acceptance.parting_cases import FAULTS, Case
from tests.acceptance.parting_cases_kept import KEPT
from tests.acceptance.parting_cases_no_rows import NO_ROWS

CASES = {f"{place} {case.text[:24]!r}": case for place, case in enumerate([*FAULTS, *KEPT, *NO_ROWS])}


@pytest.fixture(scope="module")
def tables(stack: Stack) -> dict[str, str]:
    """The registered table of each case. One statement creates all tables, for speed."""
    names = {name: f"t_{uuid4().hex[:12]}" for name in CASES}
    statements = [
        f"create table public.{table} ({CASES[name].columns}); select importer.register_target('public.{table}');"
        for name, table in names.items()
    ]
    with psycopg.connect(stack.env["DATABASE_URL"]) as conn:
        conn.execute("".join(statements).encode())
    return names


@pytest.fixture(scope="module")
def started(stack: Stack, tables: dict[str, str]) -> dict[str, UUID]:
    """The job of each case."""
    jobs: dict[str, UUID] = {}
    bucket = f"{stack.env['SUPABASE_URL']}/storage/v1/object/imports/"
    headers = {"apikey": stack.env["SUPABASE_SECRET_KEY"], "content-type": "text/csv"}
    with (
        httpx.Client(base_url=bucket, headers=headers) as client,
        psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as conn,
    ):
        for name, case in CASES.items():
            path = f"service/{tables[name]}.csv"
            client.post(path, content=case.text.encode()).raise_for_status()
            (jobs[name],) = conn.execute(
                "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id",
                (path, tables[name], Jsonb(dict(case.options))),
            ).fetchone()
    return jobs


def rows_of(stack: Stack, table: str) -> list[str]:
    """Return the rows in the order of the file, each as the case writes them."""
    columns = stack.sql(
        "select string_agg(format('%%I::text', attname), ', ' order by attnum) as list from pg_attribute"
        " where attnum > 0 and attrelid = %s::regclass",
        f"public.{table}",
    )[0]["list"]
    rows = stack.sql(f"select {columns} from public.{table} order by ctid")
    return ["/".join("~" if value is None else value for value in row.values()) for row in rows]


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_read_right_or_has_a_code(
    stack: Stack, started: dict[str, UUID], tables: dict[str, str], name: str
) -> None:
    case: Case = CASES[name]
    job = stack.wait(started[name])
    code = case.rows if isinstance(case.rows, str) else None
    assert (job["status"], job["error_code"]) == ("failed" if code else "completed", code), job["error_message"]
    rejected = stack.rejections(job) if job["rows_rejected"] else []
    assert tuple(code for _, _, code in rejected) == case.codes
    assert rows_of(stack, tables[name]) == ([] if code else case.rows)


@pytest.mark.parametrize(
    ("file", "columns", "options", "bad", "corrected", "rows"),
    [
        ("valor\n1,5\nx,y\n2,5\n", "valor numeric", {"locale": "pt-BR"}, '"x,y"', '"7,25"', ["1.5", "2.5", "7.25"]),
        ("nota\na, b\n#x, y\n", "nota varchar(4)", {"has_header": True}, '"#x, y"', '"x, y"', ["a, b", "x, y"]),
        (
            "1,5\n" * 4 + "x,y\n",
            "n numeric",
            {"locale": "de-DE", "has_header": False},
            '"x,y"',
            '"2,5"',
            ["1.5"] * 4 + ["2.5"],
        ),
        ("a,b\n1,x\ny,z\nTotal,x\n", "a int, b text", {"skip_footer": 1}, "y,z", "2,z", ["1/x", "2/z"]),
        ("1,x\ny,z\n3,x\n", "a int, b text", {"skip_footer": 1, "has_header": False}, "y,z", "2,z", ["1/x", "2/z"]),
        ("a||b\n1||2\nx||y\n", "a int, b text", {"delimiter": "||"}, "x||y", "3||y", ["1/2", "3/y"]),
        ('a, b\n1, "2, 3"\nx, "y, z"\n', "a int, b text", {"delimiter": ", "}, "x, ", "4, ", ["1/2, 3", "4/y, z"]),
    ],
)
def test_corrected_errors_csv_is_parted_in_the_same_way(
    stack: Stack, file: str, columns: str, options: dict[str, Any], bad: str, corrected: str, rows: list[str]
) -> None:
    table = stack.table(columns)
    job = stack.run(file.encode(), table, options)
    assert job["rows_rejected"] == 1
    errors = stack.download(job["errors_path"]).decode()
    assert errors.count(bad) == 1
    again = stack.run(errors.replace(bad, corrected).encode(), table, options)
    assert (again["status"], again["rows_loaded"]) == ("completed", 1), again["error_message"]
    assert rows_of(stack, table) == rows
