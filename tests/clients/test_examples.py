"""The examples compile, and do in a page what they promise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.clients.client_stack import ROOT, ClientStack
from tests.clients.typescript_package import build, run

EXAMPLES = ROOT / "examples"
MAX_LINES = 60
STATUS = "1 rows loaded, 1 rejected"
REJECTED = r"Line 3: .+ \(IJ4\d\d\)"


@pytest.fixture(scope="module")
def results(client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    build()
    return client_stack.node("examples.mjs", FOLDER=str(tmp_path_factory.mktemp("examples")))


@pytest.mark.parametrize("name", ["html", "react"])
def test_page_imports_a_file(results: dict[str, Any], name: str) -> None:
    assert results[name]["status"] == STATUS
    assert re.fullmatch(REJECTED, results[name]["rejected"])


def test_progress_ends_at_its_end(results: dict[str, Any]) -> None:
    assert results["html"]["percent"] == 100


@pytest.mark.parametrize("name", ["html/index.html", "react/Importer.tsx"])
def test_example_is_short(name: str) -> None:
    assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_react_example_has_no_type_errors(client_stack: ClientStack) -> None:
    assert client_stack
    build()
    run("node_modules/typescript/bin/tsc", "-p", EXAMPLES)


@pytest.mark.nightly
def test_plain_example_has_no_type_errors(tmp_path: Path) -> None:
    build()
    found = re.search(r'<script type="module">(.*?)</script>', (EXAMPLES / "html/index.html").read_text(), re.DOTALL)
    assert found
    script = tmp_path / "index.mjs"
    script.write_text(found[1], encoding="utf-8")
    packages = ROOT / "clients" / "typescript"
    settings = tmp_path / "tsconfig.json"
    settings.write_text(
        (EXAMPLES / "tsconfig.json")
        .read_text(encoding="utf-8")
        .replace('"include": ["react"]', f'"include": ["{script}"]')
        .replace('"strict": true,', '"strict": false, "allowJs": true, "checkJs": true,')
        .replace('"exactOptionalPropertyTypes": true,', "")
        .replace("../clients/typescript", str(packages))
        .replace("../tests/clients", str(ROOT / "tests" / "clients")),
        encoding="utf-8",
    )
    run("node_modules/typescript/bin/tsc", "-p", tmp_path)
