"""How the stack starts Python programs of this package, in a clone as well as installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import processor


def module_command(*arguments: str) -> list[str]:
    """Return the command for `python -m`; -P, since a file in the caller's folder must not shadow a module."""
    return [sys.executable, "-P", "-m", *arguments]


def module_environment() -> dict[str, str]:
    """Return the variable that lets a child import this very package, installed or not."""
    home = str(Path(processor.__file__).resolve().parent.parent)
    return {"PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))}
