"""error_params of real jobs: the names and numbers of each message, and no value of the file."""

from typing import Any

import pytest

from tests.acceptance.conftest import Stack

COLUMNS = "a integer not null, b varchar(3), c integer references public.{other}, d integer check (d > 0)"
#: A row below the header a,b,c,d that is rejected, with the code and the parameters of the message.
ROWS = [
    (b"1,x", "IJ401", {"fields": 2, "expected": 4}),
    (b"1,x,1,1,1", "IJ402", {"fields": 5, "expected": 4}),
    (b"secret,x,1,1", "IJ403", {"type": "integer"}),
    (b",x,1,1", "IJ404", {"type": "integer"}),
    (b"99999999999,x,1,1", "IJ405", {"type": "integer"}),
    (b"1,secret,1,1", "IJ406", {"type": "character varying(3)"}),
    (b"1,x,7,1", "IJ411", {"constraint": "{table}_c_fkey"}),
    (b"1,x,1,-1", "IJ412", {"constraint": "{table}_d_check"}),
]


def test_rejections_have_the_parameters_of_their_messages(stack: Stack) -> None:
    other = stack.table("id integer primary key")
    stack.sql(f"insert into public.{other} values (1)")
    table = stack.table(COLUMNS.format(other=other))
    job = stack.run(b"a,b,c,d\n" + b"".join(row + b"\n" for row, _, _ in ROWS) + b"1,x,1,1\n", table)
    assert (job["status"], job["rows_loaded"], job["error_params"]) == ("completed", 1, None)
    query = "select code, error_params from public.import_job_errors where job_id = %s order by record_number"
    found = [(row["code"], row["error_params"]) for row in stack.sql(query, job["id"])]
    assert found == [(code, filled(params, table)) for _, code, params in ROWS]
    assert "secret" not in str(found)


def filled(params: dict[str, Any], table: str) -> dict[str, Any]:
    return {key: value.format(table=table) if isinstance(value, str) else value for key, value in params.items()}


@pytest.mark.parametrize(
    ("data", "options", "params"),
    [
        (b"%PDF-1.7\n" + b"\0" * 200, {}, {"format": "a PDF document"}),
        (b"x,y\n1,2\n", {}, {"headers": "'x', 'y'", "columns": "a, b", "suggestion": ""}),
        (b"b\n1\n", {}, {"columns": "a", "suggestion": ""}),
        (b"a,b\nx,1\ny,2\n1,1\n", {"max_errors": 1}, {"rejected": 2, "limit": 1}),
        (b"a,b\nx,1\ny,2\n1,1\n", {"max_errors": "10%"}, {"rejected": 2, "rows": 3, "limit": "10%"}),
    ],
    ids=["format", "headers", "missing", "number", "share"],
)
def test_failed_job_has_the_parameters_of_its_message(
    stack: Stack, data: bytes, options: dict[str, Any], params: dict[str, Any]
) -> None:
    job = stack.run(data, stack.table("a integer not null, b integer"), options)
    assert job["status"] == "failed"
    causes = {key: job["error_params"].pop(key) for key in list(job["error_params"]) if key.startswith("cause")}
    assert job["error_params"] == params
    if "limit" in params:
        assert causes == {
            "cause": "IJ403",
            "cause_rows": 2,
            "cause_column": "a",
            "cause_message": "a: not a valid integer",
        }
