"""Inspections: what report.inspection says about the beginning of a file, as a signed-in user gets it."""

import gzip
import io
import zipfile
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.acceptance.conftest import Stack

PEOPLE = "id integer primary key, name text not null, born date, amount numeric(12,2)"
FILE = b"id;name;born;amount;note\n1;Ana;2000-02-01;1,5;x\n2;Bo;2000-02-02;;y\n3;;2000-02-03;2,25;y\n"


def inspect(stack: Stack, data: bytes, target: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Inspect a file as a new user, and return the report's part."""
    return inspected(stack.run_as(uuid4(), data, target, {"inspect": True, **(options or {})}))


def inspected(job: dict[str, Any]) -> dict[str, Any]:
    assert (job["status"], job["error_code"]) == ("completed", None), job["error_message"]
    return job["report"]["inspection"]


def granted(stack: Stack, columns: str = PEOPLE, **settings: object) -> str:
    """Create a target that users may write; return its name."""
    table = stack.table(columns, **settings)
    stack.sql(f"grant select, insert, update, delete on public.{table} to authenticated")
    return table


def codes(inspection: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(problem["code"], problem.get("column")) for problem in inspection["problems"]]


def test_says_how_each_part_of_the_dialect_was_decided(stack: Stack) -> None:
    table = granted(stack)
    parts = inspect(stack, FILE, table, {"locale": "pt-BR", "quote": '"'})["dialect"]
    assert parts["delimiter"] == {"value": ";", "how": "found"}
    assert parts["quote"] == {"value": '"', "how": "given"}
    assert (parts["encoding"]["value"], parts["has_header"]["value"]) == ("utf-8", True)
    assert parts["locale"] == {"value": "pt-BR", "how": "given"}


def test_shows_headers_samples_and_rows_as_the_target_would_get_them(stack: Stack) -> None:
    table = granted(stack)
    inspection = inspect(stack, FILE, table, {"locale": "pt-BR"})
    amount, note = inspection["headers"][3:]
    assert (amount["header"], amount["column"], amount["how"]) == ("amount", "amount", "name")
    assert (amount["samples"], amount["filled"]) == (["1,5", "2,25"], 0.6667)
    assert (note["column"], note["how"], note["samples"]) == (None, None, ["x", "y"])
    first = inspection["rows"][0]
    assert first["values"] == {"id": "1", "name": "Ana", "born": "2000-02-01", "amount": "1.50"}
    assert (first["line"], first["changed"], first["errors"]) == (2, ["amount"], [])
    assert inspection["rows"][2]["errors"][0]["code"] == "IJ404"
    assert codes(inspection) == [("IJ404", "name")]
    assert inspection["records"] == {"read": 3, "rejected": 1, "whole_file": True, "estimated": 3}


def test_writes_nothing_and_stands_apart_from_imports(stack: Stack) -> None:
    table = granted(stack)
    stack.sql("update public.import_targets set on_duplicate_file = 'reject' where name = %s", table)
    user = uuid4()
    data = b"id,name\n%d,a\n" % (uuid4().int % 10**9)
    job = stack.run_as(user, data, table, {"inspect": True, "delete_source": True, "output": True, "dry_run": True})
    assert inspected(job)["problems"] == []
    assert (job["rows_read"], job["output_path"], job["source_deleted_at"]) == (0, None, None)
    assert job["options"] == {"inspect": True}
    assert stack.rows(table) == []
    assert stack.run_as(user, data, table)["rows_loaded"] == 1
    assert inspected(stack.run_as(user, data, table, {"inspect": True}))["problems"] == []


def test_ambiguity_is_a_choice(stack: Stack) -> None:
    table = granted(stack, "name text, price text")
    inspection = inspect(stack, b"name,price;a,b\nx,1;2,3\ny,2;3,4\n", table)
    parts = inspection["dialect"]["delimiter"]
    assert {parts["value"], *parts["alternatives"]} == {",", ";"}
    assert parts["how"] == "found"


def test_dates_of_two_meanings_are_a_choice(stack: Stack) -> None:
    table = granted(stack)
    inspection = inspect(stack, b"id,name,born\n1,a,01/02/2000\n2,b,03/04/2000\n", table)
    assert inspection["dialect"]["date_formats"]["alternatives"] == [["%d/%m/%Y"], ["%m/%d/%Y"]]
    assert codes(inspection) == [("IJ403", "born")]
    chosen = inspect(stack, b"id,name,born\n1,a,01/02/2000\n", table, {"date_formats": ["%d/%m/%Y"]})
    assert chosen["rows"][0]["values"]["born"] == "2000-02-01"


def test_problems_of_the_header_are_named_and_the_rest_is_shown(stack: Stack) -> None:
    table = granted(stack)
    inspection = inspect(stack, b"id,ID,title\n1,2,a\n", table)
    assert "IJ307" in [code for code, _ in codes(inspection)]
    assert inspection["missing_columns"] == ["name"]
    assert all(problem["hint"].endswith(".") for problem in inspection["problems"])
    assert [header["header"] for header in inspection["headers"]] == ["id", "ID", "title"]


@pytest.mark.parametrize(("data", "code"), [(b"", "IJ301"), (b"%PDF-1.7\n...", "IJ303"), (b'a,b\n"x,1\n', "IJ305")])
def test_a_file_that_cannot_be_read_has_a_problem(stack: Stack, data: bytes, code: str) -> None:
    inspection = inspect(stack, data, granted(stack, "a text, b text"))
    assert [found for found, _ in codes(inspection)] == [code]
    assert inspection["rows"] == []


def test_a_missing_privilege_is_a_problem(stack: Stack) -> None:
    table = stack.table("a text")
    assert ("IJ603", None) in codes(inspect(stack, b"a\n1\n", table))


def test_a_file_that_is_not_there_fails_the_job(stack: Stack) -> None:
    table, user = granted(stack), uuid4()
    job = stack.wait(stack.insert_as(user, f"{user}/none/a.csv", table, {"inspect": True}))
    assert (job["status"], job["error_code"]) == ("failed", "IJ201")


def test_a_large_file_is_read_at_its_beginning_only(stack: Stack) -> None:
    table = granted(stack, "id integer, t text")
    data = b"id,t\n" + b"".join(b"%d,%s\n" % (n, b"x" * 90) for n in range(60_000))
    job = stack.run_as(uuid4(), data, table, {"inspect": True})
    records = inspected(job)["records"]
    assert job["bytes_total"] == len(data)
    assert (records["whole_file"], len(inspected(job)["rows"])) == (False, 20)
    assert 1_500 < records["read"] < 3_000
    assert abs(records["estimated"] - 60_000) < 3_000


def zipped(data: bytes, *more: str) -> bytes:
    """Return an archive of a file, and of more files with these names."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("a.csv", *more):
            file.writestr(name, data)
    return archive.getvalue()


def test_archives_are_read_up_to_twenty_megabytes(stack: Stack) -> None:
    table = granted(stack, "t text")
    data = b"t\n" + b"%d\n" % 10**30 * 300_000
    assert inspect(stack, zipped(data), table)["problems"] == []
    large = stack.run_as(uuid4(), zipped(data + data + data), table, {"inspect": True})
    assert (large["status"], large["error_code"]) == ("failed", "IJ312")
    several = stack.run_as(uuid4(), zipped(data, "b.csv"), table, {"inspect": True})
    assert (several["status"], several["error_code"]) == ("completed", None)
    assert codes(inspected(several)) == [("IJ311", None)]
    parts = inspect(stack, gzip.compress(data * 3, 1), table)["dialect"]
    assert parts["compression"] == {"value": "gzip", "how": "found"}


def test_thirty_inspections_in_a_minute(stack: Stack) -> None:
    table, user = granted(stack, "a text"), uuid4()
    path = stack.upload(b"a\n1\n", folder=user)
    for _ in range(30):
        stack.insert_as(user, path, table, {"inspect": True})
    with pytest.raises(psycopg.Error) as refused:
        stack.insert_as(user, path, table, {"inspect": True})
    assert refused.value.sqlstate == "IJ118"
    stack.insert_as(user, path, table)


@pytest.mark.nightly
@pytest.mark.parametrize("megabytes", [1, 400])
def test_half_of_the_inspections_take_less_than_300_milliseconds(stack: Stack, megabytes: int) -> None:
    table = granted(stack, ", ".join(f"c{place} text" for place in range(10)))
    row = b",".join([b"a value"] * 10) + b"\n"
    data = b",".join(b"c%d" % place for place in range(10)) + b"\n" + row * (megabytes * 1_000_000 // len(row))
    path = stack.upload(data)
    taken: list[float] = []
    for _ in range(21):
        job = stack.wait(stack.insert(path, table, {"inspect": True}))
        assert inspected(job)["problems"] == []
        taken.append((job["finished_at"] - job["created_at"]).total_seconds())
    print(megabytes, sorted(taken))
    assert median(taken) < 0.3


def used(stack: Stack, user: UUID, data: bytes, table: str, **options: object) -> dict[str, Any] | None:
    return inspected(stack.run_as(user, data, table, {"inspect": True, **options}))["remembered"]


def test_what_was_used_is_proposed_to_its_owner_and_not_applied(stack: Stack) -> None:
    table, user = granted(stack), uuid4()
    data = b"Key;Who\n1;Ana\n"
    job = stack.run_as(user, data, table, {"mapping": {"Key": "id", "Who": "name"}, "locale": "pt-BR"})
    assert (job["status"], job["rows_loaded"]) == ("completed", 1)
    inspection = inspected(stack.run_as(user, b"who ;KEY\nBo;2\n", table, {"inspect": True}))
    assert inspection["remembered"]["mapping"] == {"Key": "id", "Who": "name"}
    assert inspection["remembered"]["options"] == {"mapping": {"Key": "id", "Who": "name"}, "locale": "pt-BR"}
    assert [header["column"] for header in inspection["headers"]] == [None, None]
    assert used(stack, uuid4(), data, table) is None
    stack.sql("update public.import_targets set remember_mappings = false where name = %s", table)
    assert used(stack, user, data, table) is None
