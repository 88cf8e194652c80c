"""Writes what an environment contains as a CycloneDX document, with the tool that the Dockerfile uses for the image."""

import re
import sys
from pathlib import Path

from scripts.release_steps.command import run
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

TOOL = re.compile(r"cyclonedx-bom==[\w.]+")


def write(python: Path, tree: Path, output: Path, version: Version) -> Path:
    """Write what pip has installed with the wheel and its embedded stack; return the file.

    Raises: ReleaseError.
    """
    tool = TOOL.search((tree / "Dockerfile").read_text(encoding="utf-8"))
    if tool is None:
        raise ReleaseError("the Dockerfile does not install cyclonedx-bom", "Look at scripts/release_steps/sbom.py.")
    environment, path = tree.parent / "sbom", output / f"import-jobs-{version.python}.cdx.json"
    run(sys.executable, "-m", "venv", "--without-pip", environment, folder=tree)
    pip = (sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", tool[0], folder=tree)
    described = ("--pyproject", tree / "pyproject.toml", "--output-reproducible", "--output-file", path)
    run(environment / "bin" / "cyclonedx-py", "environment", *described, python, folder=tree)
    return path
