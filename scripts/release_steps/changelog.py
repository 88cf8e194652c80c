"""The section of a release in CHANGELOG.md: `## 0.2.0 (2026-11-28)`."""

import re
from datetime import date
from pathlib import Path

from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

FILE = "CHANGELOG.md"
UNRELEASED = "## Unreleased"


def check(root: Path, version: Version) -> str:
    """Return the text of the release's section.

    Raises: ReleaseError if there is no such section, if its date is missing or none, or if it is empty.
    """
    text = (root / FILE).read_text(encoding="utf-8")
    prepare = f'Write "## {version.python} (YYYY-MM-DD)", as scripts/release {version.python} --prepare does.'
    match = re.search(rf"^## {re.escape(version.python)}(?: \((.*)\))?$", text, re.M)
    if match is None:
        raise ReleaseError(f"{FILE} has no section {version.python}", prepare)
    if not is_date(match[1] or ""):
        raise ReleaseError(f"the section {version.python} of {FILE} has no date", prepare)
    section = re.split(r"^## ", text[match.end() :], maxsplit=1, flags=re.M)[0].strip()
    if not section:
        raise ReleaseError(f"the section {version.python} of {FILE} is empty", "Say what changes for users.")
    return section


def write(root: Path, version: Version, today: date) -> bool:
    """Give the section of what is unreleased the version and the date; return whether there was one."""
    path = root / FILE
    text = path.read_text(encoding="utf-8")
    heading = f"## {version.python} ({today.isoformat()})"
    dated = re.sub(rf"^{UNRELEASED}$", heading, text, count=1, flags=re.M)
    path.write_text(dated, encoding="utf-8")
    return dated != text


def is_date(text: str) -> bool:
    """Return whether a text is a date as 2026-11-28."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
