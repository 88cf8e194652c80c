"""Check docs/reference/csv.md: it names each file of tests/data with its code, and no file that does not exist."""

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

import pytest

from processor.validate.locales import LOCALES
from processor.validate.normalise import NORMALISERS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGE = (REFERENCE / "csv.md").read_text(encoding="utf-8")
FILES = sorted(path.stem for path in (ROOT / "tests" / "data").glob("*.csv"))
#: The lines of the first table: the cell with the codes, and the files that show it.
LINES = [
    (cells[-2], re.findall(r"`([\w*]+)`", cells[-1]))
    for line in PAGE.split("## Headers")[0].splitlines()
    if len(cells := re.split(r"(?<!\\)\|", line.strip("|"))) == 4 and "`" in cells[-1]
]


@pytest.mark.parametrize("pattern", [pattern for _, patterns in LINES for pattern in patterns])
def test_every_named_file_exists(pattern: str) -> None:
    assert [name for name in FILES if fnmatch(name, pattern)]


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_named_with_its_code(name: str) -> None:
    naming = [refused for refused, patterns in LINES if any(fnmatch(name, pattern) for pattern in patterns)]
    expected = json.loads((ROOT / "tests" / "data" / f"{name}.json").read_text(encoding="utf-8"))
    assert naming
    assert any(expected.get("code", "") in refused for refused in naming)


@pytest.mark.parametrize(("page", "names"), [("options.md", LOCALES), ("targets.md", NORMALISERS)])
def test_every_locale_and_normaliser_is_named(page: str, names: Iterable[str]) -> None:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in text] == []


def test_named_test_files_exist() -> None:
    assert [path for path in re.findall(r"tests/\w+/\w+\.py", PAGE) if not (ROOT / path).exists()] == []
