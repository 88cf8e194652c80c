"""Writes what an environment contains as a CycloneDX document (specification 1.6)."""

import json
import sys
from pathlib import Path
from typing import Any, cast

from scripts.release_steps.command import run
from scripts.release_steps.version import Version


def write(python: Path, output: Path, version: Version) -> Path:
    """Write the packages that pip has installed beside import-jobs and its embedded stack; return the file.

    Raises: ReleaseError.
    """
    inspect = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "inspect", "--local")
    report = cast("dict[str, Any]", json.loads(run(*inspect, folder=output)))
    packages = [item["metadata"] for item in report["installed"]]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component("import-jobs", version.python, "application")},
        "components": [
            component(metadata["name"], metadata["version"], "library")
            for metadata in sorted(packages, key=lambda metadata: str(metadata["name"]).lower())
            if metadata["name"] != "import-jobs"
        ],
    }
    path = output / f"import-jobs-{version.python}.cdx.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def component(name: str, version: str, kind: str) -> dict[str, str]:
    """Return an entry of the document; its purl has the name as the package index normalises it."""
    purl = f"pkg:pypi/{name.lower().replace('_', '-').replace('.', '-')}@{version}"
    return {"type": kind, "name": name, "version": version, "purl": purl, "bom-ref": purl}
