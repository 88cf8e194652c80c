"""The git repository: what a release is made of is a commit, not the files of a folder."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version


def check_clean(root: Path) -> None:
    """Check that every file is committed.

    Raises: ReleaseError.
    """
    if names := changed(root):
        files = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise ReleaseError(f"{len(names)} file(s) are not committed: {files}", "Commit or remove them.")


def changed(root: Path) -> list[str]:
    """Return the names of the files that differ from the commit or are not part of it."""
    return [line[3:] for line in _git(root, "status", "--porcelain", "--untracked-files=all").decode().splitlines()]


def check_no_tag(root: Path, version: Version) -> None:
    """Check that the version has not been released: no tag names it, or the tag names this commit.

    Raises: ReleaseError.
    """
    tagged = _git(root, "tag", "--list", version.tag, "--format", "%(objectname) %(*objectname)").decode().split()
    if tagged and commit(root) not in tagged:
        raise ReleaseError(f"{version.tag} is the tag of another commit", "Release the next version.")


def commit(root: Path) -> str:
    """Return the id of the commit that is checked out."""
    return _git(root, "rev-parse", "HEAD").decode().strip()


def commit_seconds(root: Path) -> str:
    """Return the time of the commit in seconds. The files in the archives get it, so that each build gives the same."""
    return _git(root, "show", "--no-patch", "--format=%ct", "HEAD").decode().strip()


def export(root: Path, folder: Path) -> None:
    """Write the files of the commit into a folder."""
    with tarfile.open(fileobj=BytesIO(_git(root, "archive", "--format=tar", "HEAD"))) as archive:
        archive.extractall(folder, filter="data")


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise ReleaseError(f"git {arguments[0]} failed: {reason}", "Run scripts/release in a clone of the repository.")
    return done.stdout
