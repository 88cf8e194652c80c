"""A record that validation rejects has all its invalid columns, so that one round of corrections is enough."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack, cli

COLUMNS = "id integer not null, born date, amount numeric(5,2), mood {mood}, data jsonb, note varchar(5)"
#: Records below the header, with the column and code of each invalid cell.
RECORDS: list[tuple[list[str], list[tuple[str | None, str]]]] = [
    (["1", "2020-01-01", "1.5", "good", "{}", "a"], []),
    (
        ["x", "2020-02-30", "1e9", "soso", "{", "too long"],
        [
            ("id", "IJ403"),
            ("born", "IJ405"),
            ("amount", "IJ405"),
            ("mood", "IJ403"),
            ("data", "IJ403"),
            ("note", "IJ406"),
        ],
    ),
    (["", "nonsense", "2.5", "bad", "[", ""], [("id", "IJ404"), ("born", "IJ403"), ("data", "IJ403")]),
    (["3", "2020-01-01", "2.5", "bad", "[", ""], [("data", "IJ403")]),
    (["4", "2020-01-01", "x"], [(None, "IJ401")]),
    (["5", "2020-01-01", "y", "bad", "", "too long"], [("amount", "IJ403"), ("note", "IJ406")]),
]
REJECTED = {number: cells for number, (_, cells) in enumerate(RECORDS, 1) if cells}


def written(delimiter: str) -> bytes:
    names = [column.split()[0] for column in COLUMNS.split(", ")]
    return "".join(delimiter.join(row) + "\n" for row in [names, *(fields for fields, _ in RECORDS)]).encode()


@pytest.fixture
def table(stack: Stack) -> str:
    mood = f"mood_{uuid4().hex[:12]}"
    stack.sql(f"create type public.{mood} as enum ('good', 'bad')")
    return stack.table(COLUMNS.format(mood=f"public.{mood}"))


def cells_of(stack: Stack, job: dict[str, Any]) -> list[dict[str, Any]]:
    query = "select * from public.import_job_errors where job_id = %s order by record_number, position"
    return stack.sql(query, job["id"])


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=str)
def test_each_invalid_column_is_listed_and_limits_count_records(
    stack: Stack, table: str, options: dict[str, Any]
) -> None:
    data = written(",")
    job = stack.run(data, table, {"max_errors": len(REJECTED), **options})
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, len(REJECTED))
    cells = cells_of(stack, job)
    expected = [
        (record, position, record + 1, column, code)
        for record, reasons in REJECTED.items()
        for position, (column, code) in enumerate(reasons, 1)
    ]
    names = ("record_number", "position", "line_number", "column_name", "code")
    assert [tuple(cell[name] for name in names) for cell in cells] == expected
    lines = data.decode().splitlines()
    assert [cell["raw"] for cell in cells] == [lines[n] if position == 1 else None for n, position, *_ in expected]
    assert all(cell["error_params"] for cell in cells)


def test_one_record_more_than_the_limit_fails_the_job_however_many_cells_it_has(stack: Stack, table: str) -> None:
    limit = len(REJECTED) - 1
    job = stack.run(written(","), table, {"max_errors": limit})
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ420", limit + 1)
    assert (job["error_params"]["rejected"], job["error_params"]["limit"]) == (limit + 1, limit)
    assert len({cell["record_number"] for cell in cells_of(stack, job)}) == limit + 1


def test_report_counts_cells_by_column_and_code(stack: Stack, table: str) -> None:
    report = stack.run(written(","), table)["report"]
    codes = [code for reasons in REJECTED.values() for _, code in reasons]
    assert report["rejected_by_code"] == {code: codes.count(code) for code in set(codes)}
    valid = {column: figures["valid"] for column, figures in report["columns"].items()}
    # One row is loaded; shares are of the loaded and the invalid values.
    assert valid == {
        "id": round(1 / 3, 4),
        "born": round(1 / 3, 4),
        "amount": round(1 / 3, 4),
        "mood": 0.5,
        "data": 0.25,
        "note": round(1 / 3, 4),
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "||"])
def test_errors_csv_has_each_record_once_with_all_its_messages(stack: Stack, table: str, delimiter: str) -> None:
    job = stack.run(written(delimiter), table, {"delimiter": delimiter})
    text = stack.download(job["errors_path"]).decode()
    rows = list(csv.reader(io.StringIO(text.replace("||", "|")), delimiter=delimiter[0]))
    assert [(int(row[0]), row[1] or None, row[2]) for row in rows[1:]] == [
        (number + 1, *reasons[0]) for number, reasons in REJECTED.items()
    ]
    assert [row[4:] for row in rows[1:]] == [RECORDS[number - 1][0] for number in REJECTED]
    for row, reasons in zip(rows[1:], REJECTED.values(), strict=True):
        messages = row[3].split("; ")
        assert len(messages) == len(reasons)
        assert all(
            message.startswith(f"{column}: ") for message, (column, _) in zip(messages, reasons, strict=True) if column
        )


def test_corrected_errors_csv_loads_in_one_round(stack: Stack, table: str) -> None:
    job = stack.run(written(","), table)
    rows = list(csv.reader(io.StringIO(stack.download(job["errors_path"]).decode())))
    for row in rows[1:]:
        row[4:] = [row[0], "2021-03-04", "1", "bad", "{}", ""]
    corrected = io.StringIO()
    csv.writer(corrected, lineterminator="\n").writerows(rows)
    mended = stack.run(corrected.getvalue().encode(), table)
    assert (mended["status"], mended["rows_loaded"], mended["rows_rejected"]) == ("completed", len(REJECTED), 0)


def test_what_the_table_refuses_has_what_postgres_names_first(stack: Stack) -> None:
    table = stack.table("id integer check (id > 0), n integer check (n > 0), born date")
    job = stack.run(b"id,n,born\n-1,-1,2020-01-01\n-1,x,y\n1,1,2020-01-01\n", table)
    found = [(cell["record_number"], cell["column_name"], cell["code"]) for cell in cells_of(stack, job)]
    assert found == [(1, None, "IJ412"), (2, "n", "IJ403"), (2, "born", "IJ403")]


def test_commands_show_all_columns_of_a_record(stack: Stack, table: str) -> None:
    job = stack.run(written(","), table)
    rows = json.loads(cli("errors", str(job["id"]), "--json", "--limit", "2", env=stack.env).stdout)
    expected = [(number, column, code) for number in list(REJECTED)[:2] for column, code in REJECTED[number]]
    assert [(row["record_number"], row["column_name"], row["code"]) for row in rows] == expected
    shown = cli("errors", str(job["id"]), "--limit", "1", env=stack.env)
    first = [line for line in shown.stdout.splitlines() if line.strip().startswith("3 ")]
    assert len(first) == len(REJECTED[2])
    assert f"1 of {len(REJECTED)} rejections" in shown.stderr
    document = json.loads(cli("job", str(job["id"]), "--json", env=stack.env).stdout)
    assert len(document["rejections"]) == sum(map(len, REJECTED.values()))
