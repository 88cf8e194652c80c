"""uploadDocument and trackProgress of the TypeScript client, on the Edge Function and the stack."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.client_stack import ClientStack
from tests.clients.typescript_package import build, minified_bytes
from tests.functions.edge_runtime import edge_runtime


@pytest.fixture(scope="module")
def results(client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    build()
    folder = tmp_path_factory.mktemp("functions")
    large = folder / "large.csv"
    large.write_text("email,name\n" + "".join(f"function{i}@example.com,{'x' * 80}\n" for i in range(70_000)))
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
    variables = {name: client_stack.env[name] for name in names}
    with edge_runtime(folder / "functions.log", "import-jobs", **variables) as runtime:
        return client_stack.node(
            "typescript_functions.mjs",
            FUNCTIONS_URL=runtime.url,
            EMAIL=client_stack.email(),
            LARGE_FILE=str(large),
        )


@pytest.mark.parametrize(("size", "loaded", "rejected"), [("small", 1, 1), ("large", 70_000, 0)])
def test_document_is_uploaded_and_tracked(results: dict[str, Any], size: str, loaded: int, rejected: int) -> None:
    done = results[size]
    job, percents = done["job"], done["percents"]
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", loaded, rejected)
    assert job["id"] == done["id"]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert done["estimated"] > 0


def test_name_is_shown_as_people_know_it(results: dict[str, Any]) -> None:
    assert results["small"]["job"]["file_name"] == "Menschen.csv"


def test_failed_document_says_why(results: dict[str, Any]) -> None:
    failed = results["failed"]
    assert failed["known"]
    assert failed["code"] == "IJ420"
    assert failed["hint"].endswith(".")
    assert results["retried"] == "pending"


def test_refusal_has_the_code_of_the_function(results: dict[str, Any]) -> None:
    refused = results["target"]
    assert (refused["known"], refused["code"], refused["status"]) == (True, "IJ106", 404)


def test_entry_is_small() -> None:
    build()
    assert minified_bytes("src/functions.ts") < 10_000
