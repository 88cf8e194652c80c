"""The TypeScript client as a signed-up user: every call of it, against the stack."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.clients.client_stack import ClientStack
from tests.clients.typescript_package import FOLDER, build, minified_bytes

BYTES = 20_000_000


@pytest.fixture(scope="module")
def results(client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    build()
    # Rows that name their job can be undone.
    client_stack.sql(
        "alter table public.people add column if not exists import_job uuid,"
        " add column if not exists born date, add column if not exists age integer"
    )
    client_stack.sql(
        "select importer.register_target('public.people', owner_column => 'owner',"
        " provenance_column => 'import_job', undo_days => 7)"
    )
    large = tmp_path_factory.mktemp("typescript") / "large.csv"
    line = "{:09d}@example.com,a name of a person that makes the line longer than it has to be, and longer still\n"
    count = BYTES // len(line.format(0))
    large.write_text("email,name\n" + "".join(line.format(i) for i in range(count)).replace(", and", " and"))
    return client_stack.node("typescript.mjs", EMAIL=client_stack.email(), LARGE_FILE=str(large))


def test_small_file_is_imported(results: dict[str, Any]) -> None:
    job, percents = results["small"]["job"], results["small"]["percents"]
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 2, 2)
    assert job["file_name"] == "Kunden März.csv"
    folder, _, slug = job["object_path"].split("/")
    assert (folder, slug) == (job["created_by"], "kunden-marz.csv")
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (50, 100)


def test_rejections_come_in_pages(results: dict[str, Any]) -> None:
    assert [row["record_number"] for row in results["rejections"]] == [2, 3]
    assert {row["column_name"] for row in results["rejections"]} == {"email"}


def test_row_with_several_invalid_columns_comes_once_for_each_whatever_the_pages(results: dict[str, Any]) -> None:
    cells = results["cells"]
    assert cells["job"]["rows_rejected"] == 3
    places = [(row["record_number"], row["position"], row["column_name"], row["raw"]) for row in cells["all"]]
    assert places == [
        *[(2, 1, "born", "d@example.com,D,x,y"), (2, 2, "age", None)],
        (3, 1, "born", "e@example.com,E,x,5"),
        *[(4, 1, "email", ",F,x,y"), (4, 2, "born", None), (4, 3, "age", None)],
    ]
    assert [row["record_number"] for row in cells["after"]] == [3, 4, 4, 4]


def test_corrected_rows_make_one_job(results: dict[str, Any]) -> None:
    job = results["mended"]["job"]
    assert results["mended"]["same"]
    assert (job["status"], job["rows_loaded"]) == ("completed", 2)
    assert job["parent_job_id"] == results["small"]["job"]["id"]
    # A default of the target would skip the last row.
    assert (job["options"]["skip_lines"], job["options"]["skip_footer"]) == (0, 0)
    assert {"email": "nobody@example.com", "name": 'No "body"'} in results["people"]
    assert {"email": "none@example.com", "name": None} in results["people"]


def test_large_file_goes_on_after_a_reload(results: dict[str, Any]) -> None:
    large = results["large"]
    assert large["first"]["message"] == "the page was closed"
    assert (large["remembered"], large["left"]) == (1, 0)
    sent = [step["sent"] for step in large["resumed"] if step["phase"] == "upload"]
    assert sent[0] >= 6 << 20
    percents = [step["percent"] for step in large["resumed"]]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert large["size"] == large["bytes"]
    assert (large["job"]["status"], large["job"]["rows_rejected"]) == ("completed", 0)


def test_job_is_cancelled_and_retried(results: dict[str, Any]) -> None:
    assert results["cancelled"] == "cancelled"
    assert results["ended"]["code"] == "cancelled"
    assert results["retried"] == {"force": True, "max_errors": 5}
    assert results["watched"] == ["completed"]


def test_inspection_uploads_once_and_says_what_it_found(results: dict[str, Any]) -> None:
    inspected = results["inspected"]
    assert inspected["same"]
    assert inspected["file"]["name"] == "look.csv"
    assert inspected["inspection"]["dialect"]["delimiter"]["value"] == ";"
    assert inspected["job"]["rows_loaded"] == 0


def test_inspection_has_the_types_that_the_package_says(results: dict[str, Any]) -> None:
    inspection = results["inspected"]["inspection"]
    assert names("Inspection") == set(inspection)
    assert names("DialectPart") - {"alternatives"} == {name for part in inspection["dialect"].values() for name in part}
    assert names("InspectedHeader") == set(inspection["headers"][0])
    assert names("InspectedProblem") == {name for problem in inspection["problems"] for name in problem}
    assert names("InspectedRow") == set(inspection["rows"][0])


def names(interface: str) -> set[str]:
    source = (FOLDER / "src" / "inspection.ts").read_text(encoding="utf-8")
    found = re.search(rf"interface {interface} \{{\n(.*?)\n\}}", source, re.DOTALL)
    assert found
    return set(re.findall(r"^  (\w+)\??:", found[1], re.MULTILINE))


def test_owner_undoes_an_import(results: dict[str, Any]) -> None:
    assert results["loaded"] == [{"name": "Luke"}]
    assert results["undone"]["undone_at"]
    assert results["gone"] == []
    assert results["undoneAgain"]["code"].startswith("IJ1")
    assert results["undoneAgain"]["hint"]


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("option", "IJ102", 400),
        ("foreignPath", "IJ602", 400),
        ("foreignJob", "IJ108", 400),
        ("foreignFolder", "storage/403", 403),
        ("foreignLarge", "storage/403", 403),
        ("unknownJob", "IJ108", None),
        ("signedOut", "signed_out", None),
        ("offline", "network", None),
    ],
)
def test_refusal_has_code_sentence_and_hint(results: dict[str, Any], name: str, code: str, status: int | None) -> None:
    refused = results["refused"][name]
    assert refused["known"], refused
    assert (refused["code"], refused.get("status")) == (code, status)
    assert refused["message"]


def test_failed_job_is_an_error_with_its_hint(results: dict[str, Any]) -> None:
    refused = results["refused"]["failed"]
    assert refused["code"].startswith("IJ")
    assert refused["hint"].endswith(".")


def test_other_users_see_nothing(results: dict[str, Any]) -> None:
    assert results["seenByBob"] == []


def test_package_is_small() -> None:
    build()
    assert minified_bytes() < 10_000
