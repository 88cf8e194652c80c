"""Runs a program of a step, whose output is shown only if it fails."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from scripts.release_steps.failure import ReleaseError


def run(*command: str | Path, folder: Path, env: Mapping[str, str] | None = None, clean: bool = False) -> str:
    """Run a program in a folder with more variables, or with these alone; return its standard output.

    Raises: ReleaseError with the end of what it said.
    """
    variables = {**({} if clean else os.environ), **(env or {})}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = " / ".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        name = " ".join(map(str, command[:4]))
        raise ReleaseError(f"{name} … ended with {done.returncode}: {said}", "Correct it and run the release again.")
    return done.stdout
