"""The Edge Functions of import-jobs in a project: each is one folder of its own, with a list of what we wrote.

The list tells a folder of ours from another with the same name, and files as we wrote them from files that somebody has
changed.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from processor.errors import UserError

LIST = "import-jobs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has to be done to the folder of one function. Without `files` and `gone` there is nothing to do."""

    folder: Path
    files: dict[str, bytes]
    gone: tuple[str, ...] = ()
    changed_by_hand: tuple[str, ...] = ()


def source() -> Path:
    """Return the folder of our Edge Functions: inside the package in a wheel, beside the package in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "functions"
    return packaged if packaged.is_dir() else package.parent / "supabase" / "functions"


def ours(folder: Path) -> dict[str, dict[str, bytes]]:
    """Return the files of each function in a folder, without tests and hidden files."""
    return {path.parent.name: dict(_files(path.parent)) for path in sorted(folder.glob("*/index.ts"))}


def changes(supabase: Path, release: str, functions: dict[str, dict[str, bytes]]) -> Iterator[Change]:
    """Yield what has to be done to the folder of each function.

    Raises: UserError if a folder with the name of one is not ours.
    """
    for name, files in functions.items():
        folder = supabase / "functions" / name
        wanted = {path: _digest(content) for path, content in files.items()}
        written = _written(folder)
        if written == wanted:
            yield Change(folder=folder, files={}, changed_by_hand=_changed(folder, written))
        elif changed := _changed(folder, written):
            yield Change(folder=folder, files={}, changed_by_hand=changed)
        else:
            listed = json.dumps({"release": release, "files": wanted}, indent=2) + "\n"
            gone = tuple(sorted(written.keys() - wanted.keys()))
            yield Change(folder=folder, files={**files, LIST: listed.encode()}, gone=gone)


def write(change: Change) -> None:
    """Write the files of a function, and delete those that it does not have any more.

    Raises: OSError.
    """
    for name, content in change.files.items():
        path = change.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in change.gone:
        (change.folder / name).unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") or part == "node_modules" for part in name.split("/"))
        if path.is_file() and not hidden and not path.stem.endswith(("_test", ".test")) and name != LIST:
            yield name, path.read_bytes()


def _written(folder: Path) -> dict[str, str]:
    """Return the files that an earlier installation wrote, with their digests; none if the folder is not there.

    Raises: UserError if the folder is not ours.
    """
    if not folder.exists():
        return {}
    try:
        listed: Any = json.loads((folder / LIST).read_text(encoding="utf-8"))
        files = cast("dict[str, str]", dict(listed["files"]))
        if any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in files):
            raise ValueError  # files outside of the folder would be deleted
        return files
    except (OSError, ValueError, LookupError, TypeError):
        raise UserError(
            f"{folder} is not of import-jobs: it has no {LIST}",
            "Rename that function, then run import-jobs install again.",
        ) from None


def _changed(folder: Path, written: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for name, digest in sorted(written.items()) if _current(folder / name) != digest)


def _current(path: Path) -> str | None:
    """Return the digest of a file with the line ends that we wrote; git may have replaced them. None if it is gone."""
    try:
        return _digest(path.read_bytes().replace(b"\r\n", b"\n"))
    except OSError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
