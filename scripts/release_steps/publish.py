"""Which commands publish a release, and, where every credential is there, the run of them."""

import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.release_steps import image, npm_packages
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

# What uploads need. The programs read the secrets themselves; this one only looks whether they are there.
CREDENTIALS = {
    "TWINE_PASSWORD": "a token of the package index, for twine",
    "NPM_CONFIG_USERCONFIG": "an .npmrc with a token, for npm",
    "IMPORT_JOBS_IMAGE": "the name under which docker, logged in, pushes the image",
}


def commands(output: Path, version: Version, env: Mapping[str, str], tree: Path) -> list[list[str]]:
    """Return the commands that publish what a folder contains, in the order in which they run; the tag comes last.

    A preview (0.2.0rc1) gets the npm tag `next`, so that `npm install` does not choose it.
    """
    packages = sorted(map(str, (*output.glob("*.whl"), *output.glob("*.tar.gz"))))
    chosen = ["--tag", "next"] if "-" in version.npm else []
    tarballs = [str(output / f"{name}-{version.npm}.tgz") for name in npm_packages.PACKAGES.values()]
    listed = [[sys.executable, "-m", "twine", "upload", "--non-interactive", *packages]]
    listed += [[*map(str, npm_packages.NPM), "publish", tarball, *chosen] for tarball in tarballs]
    if list(output.glob("*.image.tar")):
        name = f"{env.get('IMPORT_JOBS_IMAGE', image.NAME)}:{version.python}"
        listed += [["docker", "tag", f"{image.NAME}:{version.python}", name], ["docker", "push", name]]
    git = ["git", "-C", str(tree)]
    listed += [[*git, "tag", "--annotate", version.tag, "--message", f"Release {version.python}"]]
    return [*listed, [*git, "push", "origin", version.tag]]


def missing(output: Path, env: Mapping[str, str]) -> list[str]:
    """Return what uploads lack; the image's name is needed only where an image was built."""
    needed = set(CREDENTIALS) if list(output.glob("*.image.tar")) else set(CREDENTIALS) - {"IMPORT_JOBS_IMAGE"}
    absent = [f"set {name} ({what})" for name, what in CREDENTIALS.items() if name in needed and not env.get(name)]
    return absent if importlib.util.find_spec("twine") else [*absent, "install twine into .venv"]


def publish(listed: list[list[str]], absent: list[str]) -> None:
    """Print the commands; run them if nothing is absent. All or none: half a release is worse than none.

    Raises: ReleaseError if nothing was published, or when a command fails.
    """
    for command in listed:
        print(shlex.join(command))
    if absent:
        raise ReleaseError("nothing was published", f"Run these commands yourself, or {', '.join(absent)}.")
    for number, command in enumerate(listed):
        if subprocess.run(command, env=os.environ, check=False).returncode != 0:
            rest = "; ".join(map(shlex.join, listed[number:]))
            raise ReleaseError(f"command {number + 1} of {len(listed)} failed", f"Correct it, then run: {rest}")
