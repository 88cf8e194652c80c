"""The npm packages of the stack, of the client and of the tests are pinned, and no lock file names a registry."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("processor/local/node", "clients/typescript", "tests/clients")
EXACT = re.compile(r"\d+\.\d+\.\d+(-[\w.]+)?")


def read(folder: str, name: str) -> dict[str, Any]:
    return json.loads((ROOT / folder / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_package_has_a_digest_and_no_address(folder: str) -> None:
    """An address would be that of the registry from which the file was made, which others do not reach."""
    for name, package in read(folder, "package-lock.json")["packages"].items():
        if name.startswith("node_modules/") and not package.get("link"):
            assert package["integrity"].startswith("sha512-"), name
        assert not str(package.get("resolved", "")).startswith("http"), name


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_asked_for_is_an_exact_version(folder: str) -> None:
    asked = read(folder, "package.json")
    for kind in ("dependencies", "optionalDependencies", "devDependencies"):
        for name, version in asked.get(kind, {}).items():
            assert EXACT.fullmatch(version) or version.startswith("file:"), f"{name} {version}"
