"""The command and the environment that run a Python module of this package, from a checkout or installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import processor


def module_command(*arguments: str) -> list[str]:
    """Return the command for `python -m ARGUMENTS`.

    The option -P keeps files in the caller's folder from shadowing modules.
    """
    return [sys.executable, "-P", "-m", *arguments]


def module_environment() -> dict[str, str]:
    """Return the PYTHONPATH with which a child process imports this very package, installed or not."""
    package_parent = str(Path(processor.__file__).resolve().parent.parent)
    return {"PYTHONPATH": os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))}
