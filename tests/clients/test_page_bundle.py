"""The page in processor/http/page is what its sources build, small, and without a third party or inline script."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from processor.http.page import FOLDER
from tests.clients import element_package

MOST_BYTES = 120_000
REMEDY = "run node page/build.mjs in clients/element"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_page_in_the_tree_is_that_of_its_sources(tmp_path: Path) -> None:
    element_package.install()
    element_package.run("page/build.mjs", str(tmp_path))
    built, kept = files(tmp_path), files(FOLDER)
    assert sorted(built) == sorted(kept), REMEDY
    assert built == kept, REMEDY


def test_sources_have_the_types_that_they_say(tmp_path: Path) -> None:
    element_package.install()
    settings = tmp_path / "tsconfig.json"
    folder = element_package.FOLDER
    options = {"rootDir": str(folder.parent), "noEmit": True, "emitDeclarationOnly": False, "declaration": False}
    include = [str(folder / "page"), str(folder / "src")]
    settings.write_text(
        json.dumps({"extends": str(folder / "tsconfig.json"), "compilerOptions": options, "include": include})
    )
    element_package.run("node_modules/typescript/bin/tsc", "-p", str(settings))


def test_page_is_small() -> None:
    assert sum(len(gzip.compress(body, 9)) for body in files(FOLDER).values()) <= MOST_BYTES


def test_page_loads_its_own_files_alone() -> None:
    index = (FOLDER / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', index)
    assert sorted(loaded) == sorted(f"/{name}" for name in files(FOLDER) if name != "index.html")
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|https?:", index)
    (script,) = FOLDER.glob("*.js")
    assert not re.search(r"\beval\(|new Function\(", script.read_text())
