"""The places of the repository that name the version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from scripts.release_steps.version import Version


@dataclass(frozen=True, slots=True)
class Place:
    """A pattern in the files of a glob; its first group is the version, and each file has it at least once."""

    files: str
    pattern: str
    spelling: Literal["python", "npm"]


PLACES = (
    Place("pyproject.toml", r'^version = "(.*)"$', "python"),
    *(
        Place(f"clients/{folder}/{file}", rf'"name": "{name}",\s+"version": "(.*)"', "npm")
        for folder, name in (("typescript", "import-jobs"), ("element", "import-jobs-importer"))
        for file in ("package.json", "package-lock.json")
    ),
    Place("clients/typescript/README.md", r"import-jobs-(\d\S*)\.tgz", "npm"),
    Place("clients/element/README.md", r"import-jobs-importer-(\d\S*)\.tgz", "npm"),
    Place("docs/how-to/from-a-browser.md", r"import-jobs-(\d\S*)\.tgz", "npm"),
    Place("supabase/functions/*/index.ts", r"\A// import-jobs: a file of import-jobs (\S+);", "python"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that names another version, or None where it names none."""

    file: str
    version: str | None

    def __str__(self) -> str:
        return f"{self.file} ({self.version or 'no version'})"


def differences(root: Path, version: Version) -> list[Difference]:
    """Return the files that do not name this version."""
    return sorted(set(_differences(root, version)), key=str)


def write(root: Path, version: Version) -> list[Path]:
    """Write the version wherever another one stands; return the files that changed."""
    changed: list[Path] = []
    for place in PLACES:
        for path in sorted(root.glob(place.files)):
            before = path.read_text(encoding="utf-8")
            after = re.sub(place.pattern, partial(_replaced, spelled(version, place)), before, flags=re.M)
            if after != before:
                path.write_text(after, encoding="utf-8")
                changed.append(path)
    return changed


def _differences(root: Path, version: Version) -> Iterator[Difference]:
    for place in PLACES:
        wanted = spelled(version, place)
        for path in sorted(root.glob(place.files)) or [root / place.files]:
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            named = re.findall(place.pattern, text, flags=re.M)
            for other in [name for name in named if name != wanted] if named else [None]:
                yield Difference(path.relative_to(root).as_posix(), other)


def _replaced(version: str, match: re.Match[str]) -> str:
    start, end = (position - match.start() for position in match.span(1))
    return f"{match[0][:start]}{version}{match[0][end:]}"


def spelled(version: Version, place: Place) -> str:
    """Return the version in the spelling of a place."""
    return version.npm if place.spelling == "npm" else version.python
